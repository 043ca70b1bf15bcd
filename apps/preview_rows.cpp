#include "apps/preview_rows.h"

namespace lathe::apps {

augment::ImageSize extents_of(const Tensor& images) {
  return {.height = images.shape()[1], .width = images.shape()[2]};
}

namespace {

// The batch as a training sees it in an epoch, counted from 1.
PreviewSamples augmented(const augment::Pipeline& pipeline,
                         const PreviewSamples& samples, std::uint64_t seed,
                         std::uint32_t epoch, const PreviewOptions& o) {
  const augment::ImageSize from = extents_of(samples.images);
  const augment::ImageSize size = pipeline.output_size(from);
  const auto output = [&](const Tensor& of) -> Tensor {
    if (of.empty()) return {};
    const Shape& shape = of.shape();
    return Tensor({shape[0], size.height, size.width, shape[3]}, DType::uint8);
  };
  PreviewSamples result = samples;
  result.images = output(samples.images);
  result.masks = output(samples.masks);
  const augment::BatchKey key{.seed = seed,
                              .epoch = epoch - 1,
                              .sample_ids = samples.ids,
                              .annotations = samples.annotations};
  pipeline.apply({.images = samples.images, .masks = samples.masks}, key,
                 {.images = result.images, .masks = result.masks});
  if (!samples.annotations.empty()) {
    pipeline.follow(
        result.annotations, key, from,
        {.minimum_visibility = static_cast<float>(o.minimum_visibility)});
  }
  return result;
}

PreviewCell cell_of(const PreviewSamples& samples, std::int64_t n,
                    std::string caption, const PreviewOptions& o) {
  const auto one = [n](const Tensor& batch) -> Tensor {
    if (batch.empty()) return {};
    const Shape& shape = batch.shape();
    return batch.rows(n, 1).reshaped({shape[1], shape[2], shape[3]});
  };
  PreviewCell cell{.image = one(samples.images),
                   .mask = o.no_tint ? Tensor() : one(samples.masks),
                   .annotations = {},
                   .caption = std::move(caption)};
  if (!samples.annotations.empty()) {
    cell.annotations = samples.annotations[static_cast<std::size_t>(n)];
  }
  return cell;
}

}  // namespace

PreviewRows rows_of(const augment::Pipeline& pipeline,
                    const PreviewSamples& samples, std::int64_t first,
                    std::int64_t count, std::uint64_t seed,
                    const PreviewOptions& o) {
  PreviewRows rows(static_cast<std::size_t>(count));
  const auto add = [&](const PreviewSamples& of, const auto& caption) {
    for (std::int64_t n = 0; n < count; ++n) {
      const auto place = static_cast<std::size_t>(first + n);
      rows[static_cast<std::size_t>(n)].push_back(
          cell_of(of, first + n, caption(place), o));
    }
  };
  add(samples,
      [&](std::size_t n) { return samples.names[n].filename().string(); });
  for (std::int64_t draw = 0; draw < o.draws; ++draw) {
    const std::uint32_t epoch = o.epoch + static_cast<std::uint32_t>(draw);
    add(augmented(pipeline, samples, seed, epoch, o), [&](std::size_t n) {
      return o.no_captions
                 ? std::string()
                 : rounded(pipeline.replay(seed, epoch - 1, samples.ids[n]));
    });
  }
  return rows;
}

}  // namespace lathe::apps
