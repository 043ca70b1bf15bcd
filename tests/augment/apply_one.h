#pragma once

#include <vector>

#include "augment/pipeline.h"

namespace lathe::augment {

/// The pixels of a single image of one channel, (height, width), after one
/// operation drawn for sample 0 of seed 0.
inline std::vector<float> applied(const Augmentation& operation,
                                  const std::vector<float>& pixels,
                                  std::int64_t width) {
  const auto height = static_cast<std::int64_t>(pixels.size()) / width;
  const Tensor input = Tensor::from<float>({1, height, width, 1}, pixels);
  const Tensor output({1, height, width, 1});
  const std::uint32_t id = 0;
  Pipeline({operation})
      .apply({.images = input, .masks = {}},
             {.seed = 0, .epoch = 0, .sample_ids = {&id, 1}},
             {.images = output, .masks = {}, .scale = 1});
  const auto values = output.values<float>();
  return {values.begin(), values.end()};
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
