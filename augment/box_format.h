#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "augment/box.h"
#include "augment/matrix.h"

namespace lathe::augment {

/// The four numbers that say where a box is:
///   xyxy    left, top, right, bottom
///   xywh    left, top, width, height
///   cxcywh  the middle, width, height
enum class BoxFormat : std::int32_t { xyxy, xywh, cxcywh };

struct BoxNumbers {
  BoxFormat format = BoxFormat::xyxy;
  /// The image's extents, where the numbers are parts of them; else pixels.
  std::optional<ImageSize> relative_to = {};
};

inline Box box_from(const std::array<double, 4>& numbers,
                    const BoxNumbers& how) {
  auto [x0, y0, x1, y1] = numbers;
  if (how.format == BoxFormat::cxcywh) {
    x0 -= x1 / 2;
    y0 -= y1 / 2;
  }
  if (how.format != BoxFormat::xyxy) {
    x1 += x0;
    y1 += y0;
  }
  const ImageSize unit = how.relative_to.value_or(ImageSize{1, 1});
  const auto width = static_cast<double>(unit.width);
  const auto height = static_cast<double>(unit.height);
  return {.x0 = static_cast<float>(x0 * width),
          .y0 = static_cast<float>(y0 * height),
          .x1 = static_cast<float>(x1 * width),
          .y1 = static_cast<float>(y1 * height)};
}

inline std::array<double, 4> numbers_of(const Box& box, const BoxNumbers& how) {
  const ImageSize unit = how.relative_to.value_or(ImageSize{1, 1});
  const double x0 = box.x0 / static_cast<double>(unit.width);
  const double y0 = box.y0 / static_cast<double>(unit.height);
  const double x1 = box.x1 / static_cast<double>(unit.width);
  const double y1 = box.y1 / static_cast<double>(unit.height);
  switch (how.format) {
    case BoxFormat::xyxy:
      return {x0, y0, x1, y1};
    case BoxFormat::xywh:
      return {x0, y0, x1 - x0, y1 - y0};
    case BoxFormat::cxcywh:
      return {(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0};
  }
  return {};
}

}  // namespace lathe::augment
