#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "core/augmentation/sampling.h"

namespace lathe {

/// What moves pixels as no matrix can. Each is continuous, also beyond the
/// image.
///   none    nothing, and its row is not looked at
///   spline  a displacement by a uniform cubic B-spline over `columns` x `rows`
///           cells. Controls, in pixels: (rows + 3) x (columns + 3) to the
///           right, then as many down; one stands on each corner of a cell,
///           those around the image included
///   grid    cells of one size show cells of several. Controls: columns + 1
///           positions of edges in the input from 0 (the left edge) to the
///           width, then rows + 1
///   radial  the distance from the middle times 1 + strength r^2, r being 1 at
///           the corners and never more
enum class WarpKind : std::int32_t { none, spline, grid, radial };

/// One of these for a sample.
struct Warp {
  WarpKind kind = WarpKind::none;
  std::int32_t columns = 1;
  std::int32_t rows = 1;
  /// Extents of the image, which its result has too.
  float width = 0;
  float height = 0;
  float strength = 0;
  const float* controls = nullptr;
  /// What follows on the warp: from output pixels to positions in its result.
  std::array<float, kRowLength> row{1, 0, 0, 0, 1, 0, 0, 0};
};

/// A cell of an axis that is divided into `count`, and the part of the cell
/// that is before a position.
struct Cell {
  std::int32_t index = 0;
  float part = 0;
};

/// `scale` is count / extent. The part is below 0 or above 1 beyond the image.
LATHE_PIXEL_FUNCTION Cell cell_of(float position, float scale,
                                  std::int32_t count) {
  const float cells = multiply_add(position, scale, 0.5F * scale);
  const std::int32_t index = clamp_index(floor_index(cells), count);
  return {index, cells - static_cast<float>(index)};
}

/// The weights of the four controls around a part of a cell.
LATHE_PIXEL_FUNCTION std::array<float, 4> spline_weights(float part) {
  const float inside = part > 0.0F ? part : 0.0F;
  const float t = inside < 1.0F ? inside : 1.0F;
  const float s = 1.0F - t;
  constexpr float kSixth = 1.0F / 6;
  constexpr float kMiddle = 2.0F / 3;
  return {s * s * s * kSixth,
          multiply_add(multiply_add(0.5F, t, -1.0F), t * t, kMiddle),
          multiply_add(multiply_add(0.5F, s, -1.0F), s * s, kMiddle),
          t * t * t * kSixth};
}

LATHE_PIXEL_FUNCTION Position spline_position(const Warp& warp,
                                              const Position& position) {
  const Cell x = cell_of(
      position.x, static_cast<float>(warp.columns) / warp.width, warp.columns);
  const Cell y = cell_of(
      position.y, static_cast<float>(warp.rows) / warp.height, warp.rows);
  const std::array<float, 4> across = spline_weights(x.part);
  const std::array<float, 4> down = spline_weights(y.part);
  const std::int32_t stride = warp.columns + 3;
  const std::int32_t plane = stride * (warp.rows + 3);
  Position moved = position;
  for (std::int32_t j = 0; j < 4; ++j) {
    const std::int32_t first = (y.index + j) * stride + x.index;
    const float* right = warp.controls + first;
    const float* below = right + plane;
    float sum_x = 0;
    float sum_y = 0;
    for (std::int32_t i = 0; i < 4; ++i) {
      const float weight = across[static_cast<std::size_t>(i)];
      sum_x = multiply_add(right[i], weight, sum_x);
      sum_y = multiply_add(below[i], weight, sum_y);
    }
    const float weight = down[static_cast<std::size_t>(j)];
    moved.x = multiply_add(sum_x, weight, moved.x);
    moved.y = multiply_add(sum_y, weight, moved.y);
  }
  return moved;
}

LATHE_PIXEL_FUNCTION float grid_axis(float position, float extent,
                                     std::int32_t count, const float* edges) {
  const Cell cell =
      cell_of(position, static_cast<float>(count) / extent, count);
  const float first = edges[cell.index];
  return multiply_add(edges[cell.index + 1] - first, cell.part, first) - 0.5F;
}

LATHE_PIXEL_FUNCTION Position grid_position(const Warp& warp,
                                            const Position& position) {
  return {grid_axis(position.x, warp.width, warp.columns, warp.controls),
          grid_axis(position.y, warp.height, warp.rows,
                    warp.controls + warp.columns + 1)};
}

LATHE_PIXEL_FUNCTION Position radial_position(const Warp& warp,
                                              const Position& position) {
  const float center_x = 0.5F * (warp.width - 1.0F);
  const float center_y = 0.5F * (warp.height - 1.0F);
  const float x = position.x - center_x;
  const float y = position.y - center_y;
  const float corner =
      0.25F * multiply_add(warp.width, warp.width, warp.height * warp.height);
  const float square = multiply_add(x, x, y * y) / corner;
  const float factor =
      multiply_add(warp.strength, square < 1.0F ? square : 1.0F, 1.0F);
  return {multiply_add(x, factor, center_x), multiply_add(y, factor, center_y)};
}

/// The position in the image that the warp's result shows at `position`; `row`
/// has no part in it.
LATHE_PIXEL_FUNCTION Position warped_position(const Warp& warp,
                                              const Position& position) {
  switch (warp.kind) {
    case WarpKind::spline:
      return spline_position(warp, position);
    case WarpKind::grid:
      return grid_position(warp, position);
    case WarpKind::radial:
      return radial_position(warp, position);
    case WarpKind::none:
      break;
  }
  return position;
}

/// The position in the warp's result that shows the image's `position`: where
/// an object there goes. Newton's iteration with differences over a pixel;
/// it is right to a hundredth of a pixel where the warp doesn't fold.
inline Position unwarped_position(const Warp& warp, const Position& position) {
  constexpr int kIterations = 30;
  constexpr float kClose = 1e-3F;
  Position result = position;
  for (int i = 0; i < kIterations; ++i) {
    const Position seen = warped_position(warp, result);
    const float x = seen.x - position.x;
    const float y = seen.y - position.y;
    if (std::abs(x) < kClose && std::abs(y) < kClose) break;
    const auto difference = [&](float dx, float dy) -> Position {
      const Position after =
          warped_position(warp, {result.x + dx, result.y + dy});
      const Position before =
          warped_position(warp, {result.x - dx, result.y - dy});
      return {after.x - before.x, after.y - before.y};
    };
    const Position right = difference(0.5F, 0);
    const Position down = difference(0, 0.5F);
    const float determinant = right.x * down.y - right.y * down.x;
    // A step without the matrix where it is close to folding.
    const bool folds = determinant < 0.05F;
    result.x -= folds ? 0.5F * x : (x * down.y - y * down.x) / determinant;
    result.y -= folds ? 0.5F * y : (y * right.x - x * right.y) / determinant;
  }
  return result;
}

/// The input position of the output pixel (x, y): first the warp's own row,
/// then the warp, then `row`.
LATHE_PIXEL_FUNCTION Position position_of(const float* row, const Warp& warp,
                                          float x, float y) {
  if (warp.kind == WarpKind::none) return position_of(row, x, y);
  const Position warped =
      warped_position(warp, position_of(warp.row.data(), x, y));
  return position_of(row, warped.x, warped.y);
}

}  // namespace lathe
