#include "core/cuda/filtering.h"
#include "core/cuda/warp.h"

// What histograms and extremes say of channels, before values are changed.
namespace lathe::cuda {
namespace {

struct Smaller {
  __device__ float operator()(float a, float b) const { return a < b ? a : b; }
};
struct Greater {
  __device__ float operator()(float a, float b) const { return a > b ? a : b; }
};

struct TableScratch {
  float extremes[kThreads / 32];
  std::int32_t sums[kThreads / 32];
  std::int32_t histogram[kBins];
};

/// The darkest and the lightest value of a channel.
__device__ void find_extremes(const Filtering& task, const float* channel,
                              TableScratch& scratch, ChannelTable& table) {
  float low = INFINITY;
  float high = -INFINITY;
  const std::int32_t pixels = task.height * task.width;
  for (auto i = static_cast<std::int32_t>(threadIdx.x); i < pixels;
       i += static_cast<std::int32_t>(kThreads)) {
    low = Smaller{}(low, channel[i * task.channels]);
    high = Greater{}(high, channel[i * task.channels]);
  }
  low = block_reduce(low, Smaller{}, scratch.extremes);
  high = block_reduce(high, Greater{}, scratch.extremes);
  if (threadIdx.x > 0) return;
  table.low = low;
  table.scale = (task.range.high - task.range.low) / (high - low);
  table.acts = low < high ? 1 : 0;
}

/// A table of a channel, or of a tile of it: a thread a bin.
__device__ void make_table(const Filtering& task, const FilterStep& step,
                           const ClaheTiles& tiles, const float* channel,
                           TableScratch& scratch, ChannelTable& table) {
  static_assert(kThreads == kBins);
  const auto bin = static_cast<std::int32_t>(threadIdx.x);
  const auto tile = static_cast<std::int32_t>(blockIdx.x);
  const float scale = 255.0F / (task.range.high - task.range.low);
  const std::int32_t top = tile / tiles.across * tiles.height;
  const std::int32_t left = tile % tiles.across * tiles.width;
  scratch.histogram[bin] = 0;
  __syncthreads();
  for (std::int32_t i = bin; i < tiles.area();
       i += static_cast<std::int32_t>(kThreads)) {
    const std::int32_t row = i / tiles.width;
    const std::int32_t y =
        fixed_index<FillMode::mirror>(top + row, task.height);
    const std::int32_t x =
        fixed_index<FillMode::mirror>(left + i - row * tiles.width, task.width);
    const float value = channel[(y * task.width + x) * task.channels];
    atomicAdd(&scratch.histogram[bin_of(value, task.range.low, scale)], 1);
  }
  __syncthreads();
  const bool is_tile = step.kind == FilterKind::clahe;
  if (is_tile) {
    const std::int32_t most = most_of_bin(step.numbers[0], tiles.area());
    const std::int32_t own = scratch.histogram[bin];
    const std::int32_t kept = own < most ? own : most;
    const std::int32_t cut = block_reduce(own - kept, Plus{}, scratch.sums);
    scratch.histogram[bin] = kept + share_of_cut(cut, bin);
    __syncthreads();
  }
  std::int32_t up_to = 0;
  std::int32_t first = 0;
  for (std::int32_t i = 0; i < kBins; ++i) {
    if (first == 0) first = scratch.histogram[i];
    if (i <= bin) up_to += scratch.histogram[i];
  }
  const bool acts = is_tile || first < tiles.area();
  if (bin == 0) table.acts = acts ? 1 : 0;
  if (!acts) return;
  table.bytes[bin] = static_cast<std::uint8_t>(
      is_tile ? equalized_in_tile(up_to, tiles.area())
              : equalized(up_to, first, tiles.area()));
}

/// The tables of a step: a block for each that a sample and channel may have.
__global__ void __launch_bounds__(kThreads) table_kernel(Filtering task) {
  const std::uint32_t sample = blockIdx.z;
  const FilterStep& step = task.step(sample, task.first);
  auto& scratch = shared_memory<TableScratch>();
  const float* channel =
      task.images + std::int64_t{sample} * task.size() + blockIdx.y;
  ChannelTable& table = task.tables_of(sample, blockIdx.y)[blockIdx.x];
  FilterStep as_tiles = step;
  switch (step.kind) {
    case FilterKind::autocontrast:
      if (blockIdx.x == 0) find_extremes(task, channel, scratch, table);
      return;
    case FilterKind::equalize:
      // One tile, which is the image.
      as_tiles.numbers[1] = 1;
      as_tiles.numbers[2] = 1;
      break;
    case FilterKind::clahe:
      break;
    default:
      return;
  }
  const ClaheTiles tiles(as_tiles, task.height, task.width);
  if (blockIdx.x >= tiles.count()) return;
  make_table(task, step, tiles, channel, scratch, table);
}

}  // namespace

void make_tables(const KernelArguments& call, const Filtering& task,
                 unsigned samples, std::int64_t most) {
  launch(call,
         Grid{.blocks = dim3(static_cast<unsigned>(most),
                             static_cast<unsigned>(task.channels), samples),
              .shared_bytes = sizeof(TableScratch)},
         table_kernel, task);
}

}  // namespace lathe::cuda
