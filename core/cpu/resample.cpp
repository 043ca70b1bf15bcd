#include "core/cpu/resample.h"

#include <algorithm>
#include <vector>

#include "core/cpu/color_kernels.h"
#include "core/cpu/resample_kernels.h"
#include "core/parallel.h"

namespace lathe::cpu {

namespace {

// Some ten microseconds of work at a width of 224.
constexpr std::int64_t kRowsPerTask = 16;

ResampleRows rows_of(const Resample& how, const Tensor& input,
                     const Tensor& rows, const Tensor& output,
                     const Warp* warps, std::int64_t sample) {
  const Shape& from = input.shape();
  const Shape& to = output.shape();
  const auto at = [&](const Tensor& tensor) {
    return static_cast<std::byte*>(tensor.raw()) +
           static_cast<std::size_t>(sample) * tensor.bytes() /
               static_cast<std::size_t>(tensor.shape()[0]);
  };
  return {
      .how = how,
      .input = at(input),
      .input_type = input.dtype(),
      .input_height = static_cast<std::int32_t>(from[1]),
      .input_width = static_cast<std::int32_t>(from[2]),
      .output = at(output),
      .output_type = output.dtype(),
      .output_height = static_cast<std::int32_t>(to[1]),
      .output_width = static_cast<std::int32_t>(to[2]),
      .channels = static_cast<std::int32_t>(to[3]),
      .row = rows.data<float>() + sample * kRowLength,
      .warp = warps == nullptr || warps[sample].kind == WarpKind::none
                  ? nullptr
                  : warps + sample,
      .first = 0,
      .last = static_cast<std::int32_t>(to[1]),
  };
}

// What a thread keeps between samples; it grows once.
struct Scratch {
  std::vector<float> values;
  std::vector<double> sums;
  std::vector<float> means;
};

// A sample, or some of its rows, read and then coloured while it is in the
// processor's caches. What needs means needs the whole sample.
class ColoredRows {
 public:
  ColoredRows(const ResampleRows& task, const ValueRange& range,
              Scratch& scratch)
      : task_(task),
        range_(range),
        scratch_(scratch),
        width_(std::int64_t{task.output_width} * task.channels) {
    const auto channels = static_cast<std::size_t>(task.channels);
    scratch_.sums.assign(channels, 0);
    scratch_.means.resize(channels);
    values_ = static_cast<float*>(task.output);
    if (task.output_type == DType::uint8) {
      const auto size = static_cast<std::size_t>(task.output_height * width_);
      if (scratch_.values.size() < size) scratch_.values.resize(size);
      values_ = scratch_.values.data();
    }
  }

  void run(std::span<const ColorStep> steps) {
    std::size_t first = 0;
    bool read = false;
    do {
      // As many steps as know their means: the first one may need those of the
      // pass before.
      std::size_t last = first;
      while (last < steps.size() &&
             (!needs_means(steps[last].kind) || (read && last == first))) {
        ++last;
      }
      pass(!read, steps.subspan(first, last - first), last == steps.size());
      read = true;
      first = last;
    } while (first < steps.size());
  }

 private:
  // Over all rows once: reads them if they are not yet, takes the steps, and
  // stores the values or adds them up for the next pass.
  void pass(bool reads, std::span<const ColorStep> steps, bool stores) {
    const auto pixels =
        static_cast<double>(task_.output_height) * task_.output_width;
    for (std::size_t c = 0; c < scratch_.sums.size(); ++c) {
      scratch_.means[c] = static_cast<float>(scratch_.sums[c] / pixels);
      scratch_.sums[c] = 0;
    }
    for (std::int32_t y = task_.first; y < task_.last; ++y) {
      if (reads) read(y);
      const ColorRow row{.values = values_ + y * width_,
                         .pixels = task_.output_width,
                         .channels = task_.channels};
      for (const ColorStep& step : steps) {
        change_colors(step, scratch_.means.data(), range_, row);
      }
      if (stores) {
        store_row(row, task_.how.scale, task_.how.offset,
                  static_cast<std::byte*>(task_.output) +
                      static_cast<std::size_t>(y * width_) *
                          size_of(task_.output_type),
                  task_.output_type);
      } else {
        add_sums(row, scratch_.sums.data());
      }
    }
  }

  void read(std::int32_t y) const {
    const Resample plain{.interpolation = task_.how.interpolation,
                         .fill_mode = task_.how.fill_mode,
                         .fill_value = task_.how.fill_value};
    resample_rows({.how = plain,
                   .input = task_.input,
                   .input_type = task_.input_type,
                   .input_height = task_.input_height,
                   .input_width = task_.input_width,
                   .output = values_,
                   .output_type = DType::float32,
                   .output_height = task_.output_height,
                   .output_width = task_.output_width,
                   .channels = task_.channels,
                   .row = task_.row,
                   .warp = task_.warp,
                   .first = y,
                   .last = y + 1});
  }

  const ResampleRows& task_;
  ValueRange range_;
  Scratch& scratch_;
  std::int64_t width_;
  float* values_;
};

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
  const std::int64_t piece =
      any_needs_means(colors, samples) ? height : kRowsPerTask;
  const std::int64_t pieces = (height + piece - 1) / piece;
  parallel_tasks(samples * pieces, [&](std::int64_t task) {
    const std::int64_t sample = task / pieces;
    const std::int64_t first = task % pieces * piece;
    ResampleRows some = rows_of(how, input, rows, output, warps, sample);
    some.first = static_cast<std::int32_t>(first);
    some.last = static_cast<std::int32_t>(std::min(first + piece, height));
    if (colors.count == 0) {
      resample_rows(some);
    } else {
      thread_local Scratch scratch;
      ColoredRows(some, colors.range, scratch).run(colors.of(sample));
    }
  });
}

}  // namespace lathe::cpu
