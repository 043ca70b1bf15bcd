#include "core/cpu/resample.h"

#include <algorithm>

#include "core/cpu/resample_kernels.h"
#include "core/parallel.h"

namespace lathe::cpu {

namespace {
// Some ten microseconds of work at a width of 224.
constexpr std::int64_t kRowsPerTask = 16;
}  // namespace

void resample(const Resample& how, const Tensor& input, const Tensor& rows,
              const Tensor& output) {
  const Shape& from = input.shape();
  const Shape& to = output.shape();
  const std::int64_t blocks = (to[1] + kRowsPerTask - 1) / kRowsPerTask;
  const std::size_t input_bytes = input.bytes() / from[0];
  const std::size_t output_bytes = output.bytes() / to[0];
  parallel_tasks(to[0] * blocks, [&](std::int64_t task) {
    const std::int64_t sample = task / blocks;
    const std::int64_t first = task % blocks * kRowsPerTask;
    resample_rows({
        .how = how,
        .input =
            static_cast<const std::byte*>(input.raw()) + sample * input_bytes,
        .input_type = input.dtype(),
        .input_height = static_cast<std::int32_t>(from[1]),
        .input_width = static_cast<std::int32_t>(from[2]),
        .output = static_cast<std::byte*>(output.raw()) + sample * output_bytes,
        .output_type = output.dtype(),
        .output_height = static_cast<std::int32_t>(to[1]),
        .output_width = static_cast<std::int32_t>(to[2]),
        .channels = static_cast<std::int32_t>(to[3]),
        .row = rows.data<float>() + sample * kRowLength,
        .first = static_cast<std::int32_t>(first),
        .last =
            static_cast<std::int32_t>(std::min(first + kRowsPerTask, to[1])),
    });
  });
}

}  // namespace lathe::cpu
