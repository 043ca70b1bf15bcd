#pragma once

#include "core/cuda/warp.h"

namespace lathe::cuda {

/// Rows of `classes` elements, each in the hands of `width` neighbouring lanes:
/// a warp, or fewer where rows are short.
struct Rows {
  std::int64_t rows = 0;
  std::int64_t classes = 1;
  int width = 32;

  explicit Rows(const Shape& shape)
      : rows(shape.elements() / shape.back()), classes(shape.back()) {
    while (width > 1 && width / 2 >= classes) width /= 2;
  }

  std::int64_t lanes() const { return rows * width; }
};

/// The row of a lane, and which of the lanes of that row it is. Lanes that have
/// none go along with an empty one, for the shuffles.
struct Row {
  std::int64_t number = -1;
  std::int64_t start = 0;
  std::int64_t lane = 0;
  std::int64_t end = 0;  // of its classes
  int width = 32;

  __device__ bool exists() const { return number >= 0; }

  /// Joins what body(class) gives for all classes of the row, as warp_reduce.
  template <class T, class Join, class Body>
  __device__ T reduce(T initial, Join join, Body body) const {
    for (std::int64_t c = lane; c < end; c += width) {
      initial = join(initial, body(c));
    }
    return warp_reduce(initial, join, width);
  }
};

/// The class of a row's largest value, the first of equals, in all its lanes.
template <class T>
__device__ int first_largest(const Row& row, const T* values) {
  constexpr int kNone = 0x7FFFFFFF;
  T largest = static_cast<T>(-INFINITY);
  int found = kNone;
  const auto take = [&](T value, int at) {
    if (value > largest || (value == largest && at < found)) {
      largest = value;
      found = at;
    }
  };
  for (std::int64_t c = row.lane; c < row.end; c += row.width) {
    take(values[c], static_cast<int>(c));
  }
  for (int distance = row.width / 2; distance > 0; distance /= 2) {
    const T value = __shfl_xor_sync(kAllLanes, largest, distance);
    const int at = __shfl_xor_sync(kAllLanes, found, distance);
    take(value, at);
  }
  return found == kNone ? 0 : found;
}

/// Calls body(row) until the grid is through with all rows.
template <class Body>
__device__ void for_rows(const Rows& rows, Body body) {
  const std::int64_t thread = thread_index();
  const std::int64_t lane = thread % rows.width;
  const std::int64_t first = thread / rows.width;
  const std::int64_t step = thread_total() / rows.width;
  // The first row of the warp decides how often it turns.
  const std::int64_t warp = thread / 32 * (32 / rows.width);
  for (std::int64_t turn = 0; warp + turn < rows.rows; turn += step) {
    const std::int64_t row = first + turn;
    if (row < rows.rows) {
      body(Row{.number = row,
               .start = row * rows.classes,
               .lane = lane,
               .end = rows.classes,
               .width = rows.width});
    } else {
      body(Row{.lane = lane, .width = rows.width});
    }
  }
}

}  // namespace lathe::cuda
