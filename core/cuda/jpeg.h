#pragma once

#include "core/augmentation/filter.h"
#include "core/augmentation/jpeg.h"
#include "core/cuda/launch.h"

namespace lathe::cuda {

/// What JPEG leaves of the images of those samples that have such a step, by
/// bytes of three planes in the workspace.
struct JpegTask {
  const FilterStep* steps;
  int count;
  int step;
  ValueRange range;
  float* images;
  std::uint8_t* planes;
  JpegPlanes of_image;

  /// The quality of a sample; 0 where nothing is done.
  __device__ int quality(std::uint32_t sample) const {
    const FilterStep& own = steps[std::int64_t{sample} * count + step];
    return own.kind == FilterKind::jpeg ? static_cast<int>(own.numbers[0]) : 0;
  }
  __device__ float* image(std::uint32_t sample) const {
    return images + std::int64_t{sample} * of_image.height * of_image.width *
                        of_image.channels;
  }
  __device__ std::uint8_t* plane(std::uint32_t sample, int plane) const {
    return planes + std::int64_t{sample} * of_image.size() +
           of_image.start(plane);
  }
};

void run_jpeg(const KernelArguments& call, const JpegTask& task,
              unsigned samples);

}  // namespace lathe::cuda
