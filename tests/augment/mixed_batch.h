#pragma once

#include <numeric>

#include "augment/pipeline.h"

namespace lathe::augment {

/// A batch of which image and mask n hold the number n, mixed, and labels that
/// are of class n.
struct MixedBatch {
  Tensor images;
  Tensor masks;
  Tensor labels;

  MixedBatch(const Pipeline& pipeline, const Shape& shape, std::uint64_t seed,
             DType mask_type = DType::uint8)
      : images(shape), masks(shape, mask_type), labels({shape[0], shape[0]}) {
    const Tensor numbers(shape);
    const Tensor ids(shape, mask_type);
    const Tensor classes({shape[0], 1}, DType::int32);
    const std::int64_t size = shape.elements() / shape[0];
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
      numbers.data<float>()[i] = static_cast<float>(i / size);
      if (mask_type == DType::uint8) {
        ids.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i / size);
      } else {
        ids.data<float>()[i] = static_cast<float>(i / size);
      }
    }
    const auto all = classes.values<std::int32_t>();
    std::iota(all.begin(), all.end(), 0);
    std::vector<std::uint32_t> sample_ids(all.size());
    std::iota(sample_ids.begin(), sample_ids.end(), 100U);
    const BatchKey key{.seed = seed, .epoch = 3, .sample_ids = sample_ids};
    pipeline.apply({.images = numbers, .masks = ids}, key,
                   {.images = images, .masks = masks, .scale = 1});
    Workspace workspace;
    pipeline.mix_labels(classes, key, {.height = shape[1], .width = shape[2]},
                        labels, workspace);
  }

  std::span<const float> image(std::int64_t n) const {
    return images.rows(n, 1).values<float>();
  }
  std::span<const float> label(std::int64_t n) const {
    return labels.rows(n, 1).values<float>();
  }
  /// The share of sample n's pixels that each sample's mask has.
  std::vector<float> counted(std::int64_t n) const {
    std::vector<float> parts(static_cast<std::size_t>(images.shape()[0]));
    const auto ids = masks.rows(n, 1).values<std::uint8_t>();
    for (const std::uint8_t id : ids) parts[id] += 1;
    for (float& part : parts) part /= static_cast<float>(ids.size());
    return parts;
  }
};

}  // namespace lathe::augment
