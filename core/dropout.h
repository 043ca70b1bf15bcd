#pragma once

#include "core/philox.h"

namespace lathe {

/// The key of a row's draws. `draw` is the second input of graph::Dropout: the
/// seed, the epoch, then each row's sample id.
LATHE_HOST_DEVICE inline RandomKey dropout_key(const std::int64_t* draw,
                                               std::int64_t row,
                                               std::uint32_t operation) {
  return {.seed = static_cast<std::uint64_t>(draw[0]),
          .epoch = static_cast<std::uint32_t>(draw[1]),
          .sample = static_cast<std::uint32_t>(draw[2 + row]),
          .operation = operation};
}

/// Whether an element is kept, by its word: Philox(key).at(i), with i its
/// row-major place in its sample, or in the noise shape where there is one.
LATHE_HOST_DEVICE inline bool dropout_keeps(std::uint32_t word, float rate) {
  return static_cast<float>(word >> 8) * 0x1p-24F >= rate;
}

}  // namespace lathe
