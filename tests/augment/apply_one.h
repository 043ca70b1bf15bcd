#pragma once

#include <vector>

#include "augment/pipeline.h"

namespace lathe::augment {

/// The values of a single image after a pipeline drawn for sample 0 of seed 0.
inline std::vector<float> applied(const Pipeline& pipeline, const Shape& shape,
                                  const std::vector<float>& values) {
  const Tensor input = Tensor::from<float>(shape, values);
  const Tensor output(shape);
  const std::uint32_t id = 0;
  pipeline.apply({.images = input, .masks = {}},
                 {.seed = 0, .epoch = 0, .sample_ids = {&id, 1}},
                 {.images = output, .masks = {}, .scale = 1});
  const auto result = output.values<float>();
  return {result.begin(), result.end()};
}

/// The pixels of an image of one channel, (height, width), after one operation.
inline std::vector<float> applied(const Augmentation& operation,
                                  const std::vector<float>& pixels,
                                  std::int64_t width) {
  const auto height = static_cast<std::int64_t>(pixels.size()) / width;
  return applied(Pipeline({operation}), Shape{1, height, width, 1}, pixels);
}

/// Pixels of three channels, in one row, after a pipeline.
inline std::vector<float> applied_rgb(const Pipeline& pipeline,
                                      const std::vector<float>& values) {
  const auto pixels = static_cast<std::int64_t>(values.size()) / 3;
  return applied(pipeline, Shape{1, 1, pixels, 3}, values);
}
inline std::vector<float> applied_rgb(const Augmentation& operation,
                                      const std::vector<float>& values) {
  return applied_rgb(Pipeline({operation}), values);
}

/// What an operation draws for one sample of a seed.
inline std::vector<float> drawn(const Augmentation& operation,
                                std::uint64_t seed, std::uint32_t sample) {
  std::vector<float> row(operation.parameters().size());
  Philox random({.seed = seed, .sample = sample});
  operation.draw(random, row);
  return row;
}

}  // namespace lathe::augment
