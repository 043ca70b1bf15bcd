#pragma once

#include <array>
#include <cstdint>

#include "core/augmentation/color.h"
#include "core/device.h"
#include "core/tensor.h"

namespace lathe {

/// What changes a sample's image beyond single pixels: places, neighbourhoods
/// and histograms. The numbers are those of a FilterStep; black is 0 and white
/// is 1, positions and extents are in pixels.
///   none   nothing
///   erase  the rectangle of left, top, right, bottom (numbers 0 to 3, whole,
///          the last two exclusive) becomes the value of number 4
enum class FilterKind : std::int32_t { none, erase };

/// One such operation as drawn for a sample.
struct FilterStep {
  FilterKind kind = FilterKind::none;
  std::array<float, 7> numbers{};
};

/// What happens to a batch in place: `count` steps a sample, one after the
/// other, (N, count) in all. Images are float32 (N, H, W, C), in units of
/// `range`.
struct Filters {
  const FilterStep* steps = nullptr;
  std::int64_t count = 0;
  ValueRange range = {};
};

void filter(Device device, const Filters& filters, const Tensor& images);

}  // namespace lathe
