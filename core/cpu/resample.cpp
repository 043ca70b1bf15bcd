#include "core/cpu/resample.h"

#include <algorithm>

#include "core/cpu/colored_rows.h"
#include "core/parallel.h"

namespace lathe::cpu {

namespace {

// Some ten microseconds of work at a width of 224.
constexpr std::int64_t kRowsPerTask = 16;

// Rows [first, last) of a sample.
ResampleRows rows_of(const Resample& how, const Tensor& input,
                     const Tensor& rows, const Tensor& output,
                     const Warp* warps, std::int64_t sample, std::int64_t first,
                     std::int64_t last) {
  const Shape& from = input.shape();
  const Shape& to = output.shape();
  const auto at = [&](const Tensor& tensor) {
    return static_cast<std::byte*>(tensor.raw()) +
           static_cast<std::size_t>(sample) * tensor.bytes() /
               static_cast<std::size_t>(tensor.shape()[0]);
  };
  const std::size_t row_bytes =
      static_cast<std::size_t>(to[2] * to[3]) * size_of(output.dtype());
  return {
      .how = how,
      .input = at(input),
      .input_type = input.dtype(),
      .input_height = static_cast<std::int32_t>(from[1]),
      .input_width = static_cast<std::int32_t>(from[2]),
      .output = at(output) + static_cast<std::size_t>(first) * row_bytes,
      .output_type = output.dtype(),
      .output_height = static_cast<std::int32_t>(to[1]),
      .output_width = static_cast<std::int32_t>(to[2]),
      .channels = static_cast<std::int32_t>(to[3]),
      .row = rows.data<float>() + sample * kRowLength,
      .warp = warps == nullptr || warps[sample].kind == WarpKind::none
                  ? nullptr
                  : warps + sample,
      .first = static_cast<std::int32_t>(first),
      .last = static_cast<std::int32_t>(last),
  };
}

bool any_needs_means(const Colors& colors, std::int64_t samples) {
  return std::any_of(
      colors.steps, colors.steps + samples * colors.count,
      [](const ColorStep& step) { return needs_means(step.kind); });
}

}  // namespace

void resample(const Resample& how, const Tensor& input, const Tensor& rows,
              const Tensor& output, const Colors& colors, const Warp* warps) {
  const std::int64_t samples = output.shape()[0];
  const std::int64_t height = output.shape()[1];
  const bool whole =
      samples >= thread_count() || any_needs_means(colors, samples);
  const std::int64_t piece = whole ? height : kRowsPerTask;
  const std::int64_t pieces = (height + piece - 1) / piece;
  parallel_tasks(samples * pieces, [&](std::int64_t task) {
    const std::int64_t sample = task / pieces;
    const std::int64_t first = task % pieces * piece;
    const ResampleRows some = rows_of(how, input, rows, output, warps, sample,
                                      first, std::min(first + piece, height));
    if (colors.count == 0) {
      resample_rows(some);
    } else {
      color_rows(some, colors.range, colors.of(sample));
    }
  });
}

}  // namespace lathe::cpu
