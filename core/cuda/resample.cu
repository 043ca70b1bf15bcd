#include "core/cuda/divisor.h"
#include "core/cuda/memory.h"
#include "core/cuda/pixel_group.h"
#include "core/cuda/resample.h"
#include "core/cuda/warp.h"

// A thread makes a pixel, up to the first colour step that needs means. Then
// for each of those that there may be: blocks sum what there is of the
// channels, and threads go on with their pixels, up to the next one.
namespace lathe::cuda {
namespace {

template <class From, class To>
struct Resampling {
  Resample how;
  ValueRange range;
  const From* input;
  std::int32_t input_height;
  std::int32_t input_width;
  To* output;
  // What is to become the output: itself, or floats in the workspace.
  float* values;
  float* sums;
  Divisor width;
  std::int32_t pixels;
  std::int32_t channels;
  const float* rows;
  const Warp* warps;
  // From the host's parameters to their copy, in bytes.
  std::ptrdiff_t copy;
  const ColorStep* colors;
  int steps;
};

/// The steps of a sample that are done at once: from one that needs means, or
/// from the first in round 0, up to the next one that does.
struct Segment {
  int first = 0;
  int last = 0;
  bool is_last = false;
};

__device__ Segment segment_of(const ColorStep* steps, int count, int round) {
  Segment result;
  int means = 0;
  while (result.last < count) {
    if (needs_means(steps[result.last].kind)) {
      if (means == round) break;
      ++means;
      if (means == round) result.first = result.last;
    }
    ++result.last;
  }
  if (means < round) result.first = result.last;
  result.is_last = result.last == count;
  return result;
}

/// Pixel (x, y) of `count` channels of an image from one of them on.
template <class From>
struct ImageChannels {
  const From* pixels;
  std::int32_t height;
  std::int32_t width;
  std::int32_t stride;
  int count;

  __device__ const From* at(std::int32_t x, std::int32_t y) const {
    return pixels + (std::int64_t{y} * width + x) * stride;
  }
};

template <class From>
__device__ void read_nearest(const Resample& how,
                             const ImageChannels<From>& from,
                             const Position& position, PixelGroup& pixel) {
  const std::int32_t x = nearest_index(position.x);
  const std::int32_t y = nearest_index(position.y);
  const bool inside = how.fill_mode != FillMode::constant ||
                      (in_range(x, from.width) && in_range(y, from.height));
  const From* values = from.at(fixed_index(how.fill_mode, x, from.width),
                               fixed_index(how.fill_mode, y, from.height));
  pixel.for_each(from.count, [&](float& value, int c) {
    value = inside ? static_cast<float>(values[c]) : how.fill_value;
  });
}

template <class From>
__device__ void read_bilinear(const Resample& how,
                              const ImageChannels<From>& from,
                              const Position& position, PixelGroup& pixel) {
  const Taps x = taps_of(how.fill_mode, position.x, from.width);
  const Taps y = taps_of(how.fill_mode, position.y, from.height);
  const From* p00 = from.at(x.first, y.first);
  const From* p01 = from.at(x.second, y.first);
  const From* p10 = from.at(x.first, y.second);
  const From* p11 = from.at(x.second, y.second);
  pixel.for_each(from.count, [&](float& value, int c) {
    value = interpolate(static_cast<float>(p00[c]), static_cast<float>(p01[c]),
                        static_cast<float>(p10[c]), static_cast<float>(p11[c]),
                        x, y, how.fill_value);
  });
}

struct CubicTaps {
  std::int32_t indices[4];
  float weights[4];

  __device__ CubicTaps(FillMode mode, float position, std::int32_t extent) {
    const std::int32_t before = floor_index(position);
    const auto all = cubic_weights(position - static_cast<float>(before));
    for (int k = 0; k < 4; ++k) {
      const std::int32_t index = before - 1 + k;
      const bool outside =
          mode == FillMode::constant && !in_range(index, extent);
      indices[k] = fixed_index(mode, index, extent);
      weights[k] = outside ? 0.0F : all[static_cast<std::size_t>(k)];
    }
  }
};

template <class From>
__device__ void read_bicubic(const Resample& how,
                             const ImageChannels<From>& from,
                             const Position& position, PixelGroup& pixel) {
  const CubicTaps x(how.fill_mode, position.x, from.width);
  const CubicTaps y(how.fill_mode, position.y, from.height);
  const float outside = how.fill_mode == FillMode::constant
                            ? cubic_outside(x.weights, y.weights)
                            : 0.0F;
  pixel.for_each(from.count, [&](float& value, int c) {
    float sums[4];
    for (int k = 0; k < 4; ++k) {
      const auto row = [&](int j) {
        return static_cast<float>(from.at(x.indices[k], y.indices[j])[c]);
      };
      sums[k] = weighted(row(0), row(1), row(2), row(3), y.weights);
    }
    value =
        multiply_add(how.fill_value, outside,
                     weighted(sums[0], sums[1], sums[2], sums[3], x.weights));
  });
}

template <class From>
__device__ void read(const Resample& how, const ImageChannels<From>& from,
                     const Position& position, PixelGroup& pixel) {
  switch (how.interpolation) {
    case Interpolation::nearest:
      return read_nearest(how, from, position, pixel);
    case Interpolation::bilinear:
      return read_bilinear(how, from, position, pixel);
    case Interpolation::bicubic:
      return read_bicubic(how, from, position, pixel);
  }
}

__device__ void store_value(float value, float& to) {
  to = value;
}
__device__ void store_value(float value, std::uint8_t& to) {
  to = to_byte(value);
}

/// Changes the colours of a pixel's channels from `first` on by a segment's
/// steps, and keeps them; those of the last segment scaled, in the output.
template <class From, class To>
__device__ void change_and_keep(const Resampling<From, To>& task,
                                const ColorStep* steps, const Segment& segment,
                                const float* means, std::int64_t pixel,
                                int first, PixelGroup& group) {
  for (int i = segment.first; i < segment.last; ++i) {
    group.change(steps[i], means, task.range, first, task.channels);
  }
  const std::int64_t at = pixel * task.channels + first;
  group.for_each(task.channels - first, [&](float& value, int c) {
    if (segment.is_last) {
      store_value(multiply_add(value, task.how.scale, task.how.offset),
                  task.output[at + c]);
    } else {
      task.values[at + c] = value;
    }
  });
}

template <class From, class To>
__device__ Position position_of_pixel(const Resampling<From, To>& task,
                                      std::uint32_t sample,
                                      std::uint32_t pixel) {
  const float* row = task.rows + std::int64_t{sample} * kRowLength;
  const std::uint32_t line = task.width.quotient(pixel);
  const auto y = static_cast<float>(line);
  const auto x = static_cast<float>(pixel - line * task.width.value());
  if (task.warps == nullptr) return position_of(row, x, y);
  Warp warp = task.warps[sample];
  warp.controls = reinterpret_cast<const float*>(
      reinterpret_cast<const std::byte*>(warp.controls) + task.copy);
  return position_of(row, warp, x, y);
}

template <class From, class To>
__global__ void __launch_bounds__(kThreads, kFewBlocks)
    resample_kernel(Resampling<From, To> task) {
  const auto pixel = static_cast<std::uint32_t>(thread_index());
  if (pixel >= static_cast<std::uint32_t>(task.pixels)) return;
  const std::uint32_t sample = blockIdx.y;
  const ColorStep* steps = task.colors + std::int64_t{sample} * task.steps;
  const Segment segment = segment_of(steps, task.steps, 0);
  const Position position = position_of_pixel(task, sample, pixel);
  const From* image = task.input + std::int64_t{sample} * task.input_height *
                                       task.input_width * task.channels;
  for (int first = 0; first < task.channels; first += PixelGroup::kChannels) {
    PixelGroup group;
    read(task.how,
         ImageChannels<From>{.pixels = image + first,
                             .height = task.input_height,
                             .width = task.input_width,
                             .stride = task.channels,
                             .count = task.channels - first},
         position, group);
    change_and_keep(task, steps, segment, nullptr,
                    std::int64_t{sample} * task.pixels + pixel, first, group);
  }
}

/// Sums the channels of samples that have a step for this round.
template <class From, class To>
__global__ void __launch_bounds__(kThreads)
    sum_channels_kernel(Resampling<From, To> task, int round) {
  const std::uint32_t sample = blockIdx.z;
  const ColorStep* steps = task.colors + std::int64_t{sample} * task.steps;
  const Segment segment = segment_of(steps, task.steps, round);
  if (segment.first == segment.last) return;
  const float* values = task.values +
                        std::int64_t{sample} * task.pixels * task.channels +
                        blockIdx.y;
  float sum = 0;
  for (std::int64_t i = thread_index(); i < task.pixels; i += thread_total()) {
    sum += values[i * task.channels];
  }
  sum = block_reduce(sum, Plus{}, &shared_memory<float>());
  if (threadIdx.x > 0) return;
  const std::int64_t channel =
      std::int64_t{sample} * task.channels + blockIdx.y;
  task.sums[channel * kChannelSums + blockIdx.x] = sum;
}

template <class From, class To>
__global__ void __launch_bounds__(kThreads)
    change_colors_kernel(Resampling<From, To> task, int round) {
  const std::uint32_t sample = blockIdx.y;
  const ColorStep* steps = task.colors + std::int64_t{sample} * task.steps;
  const Segment segment = segment_of(steps, task.steps, round);
  if (segment.first == segment.last) return;
  auto* const means = &shared_memory<float>();
  for (auto c = static_cast<int>(threadIdx.x); c < task.channels;
       c += static_cast<int>(kThreads)) {
    const std::int64_t channel = std::int64_t{sample} * task.channels + c;
    float sum = 0;
    for (std::int64_t i = 0; i < kChannelSums; ++i) {
      sum += task.sums[channel * kChannelSums + i];
    }
    means[c] = sum / static_cast<float>(task.pixels);
  }
  __syncthreads();
  const std::int64_t in_sample = thread_index();
  if (in_sample >= task.pixels) return;
  const std::int64_t pixel = std::int64_t{sample} * task.pixels + in_sample;
  for (int first = 0; first < task.channels; first += PixelGroup::kChannels) {
    PixelGroup group;
    const float* values = task.values + pixel * task.channels + first;
    group.for_each(task.channels - first,
                   [&](float& value, int c) { value = values[c]; });
    change_and_keep(task, steps, segment, means, pixel, first, group);
  }
}

template <class From, class To>
void run_resample(const Resample& how, const Tensor& input, const Tensor& rows,
                  const Tensor& output, const Colors& colors, const Warp* warps,
                  const GpuMemory& gpu) {
  const Shape& from = input.shape();
  const Shape& to = output.shape();
  const auto samples = static_cast<unsigned>(to[0]);
  auto* const sums = reinterpret_cast<float*>(gpu.workspace);
  Resampling<From, To> task{.how = how,
                            .range = colors.range,
                            .input = input.data<From>(),
                            .input_height = static_cast<std::int32_t>(from[1]),
                            .input_width = static_cast<std::int32_t>(from[2]),
                            .output = output.data<To>(),
                            .sums = sums,
                            .width = Divisor(to[2]),
                            .pixels = static_cast<std::int32_t>(to[1] * to[2]),
                            .channels = static_cast<std::int32_t>(to[3]),
                            .rows = gpu.copy_of(rows.data<float>()),
                            .warps = gpu.copy_of(warps),
                            .copy = gpu.copy - gpu.host,
                            .colors = gpu.copy_of(colors.steps),
                            .steps = static_cast<int>(colors.count)};
  if constexpr (std::is_same_v<To, float>) {
    task.values = output.data<float>();
  } else {
    task.values = sums + to[0] * to[3] * kChannelSums;
  }
  const KernelArguments call{.inputs = {}, .outputs = {}, .stream = stream()};
  const auto channels = static_cast<unsigned>(to[3]);
  const Grid over_pixels{
      .blocks = dim3(static_cast<unsigned>(divide_up(task.pixels, kThreads)),
                     samples)};
  launch(call, over_pixels, resample_kernel<From, To>, task);
  for (int round = 1; round <= colors.means; ++round) {
    launch(call,
           Grid{.blocks = dim3(static_cast<unsigned>(kChannelSums), channels,
                               samples),
                .shared_bytes = kThreads / 32 * sizeof(float)},
           sum_channels_kernel<From, To>, task, round);
    Grid grid = over_pixels;
    grid.shared_bytes = channels * sizeof(float);
    launch(call, grid, change_colors_kernel<From, To>, task, round);
  }
}

}  // namespace

void resample(const Resample& how, const Tensor& input, const Tensor& rows,
              const Tensor& output, const Colors& colors, const Warp* warps,
              const GpuMemory& gpu) {
  require_index("resample", input.spec());
  require_index("resample", output.spec());
  require_grid("resample", output.shape());
  const bool from_bytes = input.dtype() == DType::uint8;
  const bool to_bytes = output.dtype() == DType::uint8;
  const auto chosen = from_bytes && to_bytes
                          ? run_resample<std::uint8_t, std::uint8_t>
                      : from_bytes ? run_resample<std::uint8_t, float>
                      : to_bytes   ? run_resample<float, std::uint8_t>
                                   : run_resample<float, float>;
  chosen(how, input, rows, output, colors, warps, gpu);
}

}  // namespace lathe::cuda
