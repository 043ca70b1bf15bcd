#include "core/augmentation/filter.h"

#include <algorithm>

#include "core/augmentation/histogram.h"
#include "core/augmentation/jpeg.h"
#include "core/cpu/filter.h"
#include "core/cuda/filter.h"
#include "core/error.h"
#include "core/reference/filter.h"

namespace lathe {

namespace {

template <class T>
void erase(const FilterStep& step, T value, const Tensor& masks,
           std::int64_t sample) {
  const Shape& shape = masks.shape();
  T* pixel = masks.data<T>() + sample * shape[1] * shape[2] * shape[3];
  for (std::int32_t y = 0; y < shape[1]; ++y) {
    for (std::int32_t x = 0; x < shape[2]; ++x, pixel += shape[3]) {
      if (erases(step, x, y)) std::fill_n(pixel, shape[3], value);
    }
  }
}

void check_jpeg(const Filters& filters, const Shape& shape) {
  const bool any = std::any_of(
      filters.steps, filters.steps + shape[0] * filters.count,
      [](const FilterStep& step) { return step.kind == FilterKind::jpeg; });
  if (!any) return;
  constexpr std::int64_t kMostPixels = 65500;
  if ((shape[3] != 1 && shape[3] != 3) || shape[1] > kMostPixels ||
      shape[2] > kMostPixels) {
    fail("jpeg: images of ", shape, "; a JPEG has 1 or 3 channels and at most ",
         kMostPixels, " pixels a side");
  }
}

bool covers(const StepNeeds& needs, const FilterStep& step) {
  switch (step.kind) {
    case FilterKind::autocontrast:
    case FilterKind::equalize:
      return needs.histograms > 0;
    case FilterKind::clahe:
      return static_cast<float>(needs.histograms) >=
             step.numbers[1] * step.numbers[2];
    case FilterKind::sharpness:
    case FilterKind::gaussian_blur:
    case FilterKind::motion_blur:
      return needs.neighbours;
    case FilterKind::jpeg:
      return needs.jpeg;
    default:
      return needs.masks || !erases_masks(step);
  }
}

void check_needs(const Filters& filters, std::int64_t samples) {
  for (std::int64_t i = 0; i < samples * filters.count; ++i) {
    const std::int64_t place = i % filters.count;
    if (covers(filters.needs[place], filters.steps[i])) continue;
    fail("filter: step ", place, " is of kind ",
         static_cast<int>(filters.steps[i].kind),
         ", which needs more than its operation says that it may");
  }
}

}  // namespace

void filter(Device device, const Filters& filters, const Tensor& images,
            const GpuMemory& gpu) {
  if (images.shape().rank() != 4 || images.dtype() != DType::float32) {
    fail("filter: the images are ", images.spec(),
         "; they must be float32 (N, H, W, C)");
  }
  check_jpeg(filters, images.shape());
  switch (device) {
    case Device::reference:
      return reference::filter(filters, images);
    case Device::cpu:
      return cpu::filter(filters, images);
    case Device::cuda:
      check_needs(filters, images.shape()[0]);
      return cuda::filter(filters, images, gpu);
  }
}

std::size_t neighbour_bytes(const StepNeeds& needs, const Shape& images) {
  return needs.neighbours ? aligned(TensorSpec{images}.bytes()) : 0;
}

std::size_t table_bytes(const StepNeeds& needs, const Shape& images) {
  const std::int64_t tables = images[0] * images[3] * needs.histograms;
  return aligned(static_cast<std::size_t>(tables) * sizeof(ChannelTable));
}

std::size_t filter_bytes(std::span<const StepNeeds> needs,
                         const Shape& images) {
  StepNeeds all;
  for (const StepNeeds& each : needs) all = all.either(each);
  const auto extent = [&](std::size_t axis) {
    return static_cast<std::int32_t>(images[axis]);
  };
  const std::int32_t planes =
      all.jpeg ? JpegPlanes{extent(1), extent(2), extent(3)}.size() : 0;
  return neighbour_bytes(all, images) + table_bytes(all, images) +
         static_cast<std::size_t>(images[0] * planes);
}

void erase_masks(Device device, const Filters& filters, float value,
                 const Tensor& masks, const GpuMemory& gpu) {
  if (masks.shape().rank() != 4 ||
      (masks.dtype() != DType::uint8 && masks.dtype() != DType::float32)) {
    fail("filter: the masks are ", masks.spec(),
         "; they must be uint8 or float32 (N, H, W, C)");
  }
  if (device == Device::cuda) {
    const std::span needs(filters.needs,
                          static_cast<std::size_t>(filters.count));
    if (std::ranges::none_of(needs, &StepNeeds::masks)) return;
    return cuda::erase_masks(filters, value, masks, gpu);
  }
  for (std::int64_t n = 0; n < masks.shape()[0]; ++n) {
    for (std::int64_t i = 0; i < filters.count; ++i) {
      const FilterStep& step = filters.steps[n * filters.count + i];
      if (!erases_masks(step)) continue;
      if (masks.dtype() == DType::uint8) {
        erase(step, static_cast<std::uint8_t>(value), masks, n);
      } else {
        erase(step, value, masks, n);
      }
    }
  }
}

}  // namespace lathe
