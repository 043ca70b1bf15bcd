#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace lathe::train {

/// Samples that go through one step together.
struct Batch {
  /// (N, H, W, C): uint8 as decoded, or float32 as the model wants it.
  Tensor images;
  /// uint8 (N, H, W, 1): class ids, 255 is ignored; or int32 (N, 1): the class
  /// of each image, -1 is ignored; or a distribution, float32 (N, classes).
  Tensor targets;
  /// What identifies each sample, whatever batch it is in: its draws depend on
  /// this.
  std::vector<std::uint32_t> sample_ids;
  std::uint32_t epoch = 0;
  /// How many samples count; the rest of the rows are padding whose targets
  /// are ignored.
  std::int64_t size = 0;
  /// The same of the parts of all ranks, where it is a part of a batch.
  std::int64_t whole_size = 0;
};

}  // namespace lathe::train
