#pragma once

#include "core/augmentation/histogram.h"
#include "core/augmentation/stencil.h"
#include "core/cuda/divisor.h"
#include "core/cuda/launch.h"

namespace lathe::cuda {

/// Steps that are done to a batch, as kernels take them.
struct Filtering {
  const FilterStep* steps;
  const Stencils* stencils;
  int count;
  // Those done now, of `count` a sample.
  int first;
  int last;
  ValueRange range;
  float* images;
  float* workspace;
  ChannelTable* tables;
  std::int32_t tables_a_channel;
  std::int32_t height;
  std::int32_t width;
  std::int32_t channels;
  Divisor by_channels;
  Divisor by_width;

  __device__ std::uint32_t size() const {
    return static_cast<std::uint32_t>(height * width * channels);
  }
  __device__ const FilterStep& step(std::uint32_t sample, int i) const {
    return steps[std::int64_t{sample} * count + i];
  }
  __device__ ChannelTable* tables_of(std::uint32_t sample,
                                     std::uint32_t channel) const {
    return tables +
           (std::int64_t{sample} * channels + channel) * tables_a_channel;
  }
};

/// Makes the tables of the first of the steps, up to `most` a channel.
void make_tables(const KernelArguments& call, const Filtering& task,
                 unsigned samples, std::int64_t most);

}  // namespace lathe::cuda
