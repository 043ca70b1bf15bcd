#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "core/augmentation/color.h"
#include "core/augmentation/gpu_memory.h"
#include "core/device.h"
#include "core/tensor.h"

namespace lathe {

struct Stencils;

/// What changes a sample's image beyond single pixels: places, neighbourhoods,
/// histograms and noise. The numbers are those of a FilterStep, in order; black
/// is 0 and white is 1, positions and extents are in pixels, results are
/// clipped to black and white. A seed is a whole number below 2^24: what it
/// means for a value is in core/augmentation/noise.h.
///   none           nothing
///   erase          the rectangle of left, top, right, bottom (the last two
///                  exclusive) becomes `value`, or noise where `seed` isn't
///                  negative; masks there too where `masks` isn't 0
///   grid           the same for squares of `hole` pixels, one in each square
///                  of `unit`, moved right and down by offset_x and offset_y:
///                  unit, hole, offset_x, offset_y, value, seed, masks
///   autocontrast   each channel's darkest value becomes black and its lightest
///                  white
///   equalize       each channel's values are spread by their ranks
///                  (core/augmentation/histogram.h)
///   clahe          the same in tiles, contrasts limited: limit, tiles across,
///                  tiles down (also there)
///   sharpness      x + (1 - 2 f) (smoothed - x), smoothed over 3x3 pixels: f,
///                  fill mode (core/augmentation/stencil.h)
///   gaussian_blur  kernel size, sigma across, sigma down, fill mode
///   motion_blur    the mean over a line: kernel size, angle in turns, fill
///                  mode
///   gaussian_noise adds normal noise to every value: deviation, seed
///   salt_and_pepper  some pixels become white or black: how many in all, how
///                  many of these white, seed
///   jpeg           what is left after JPEG of a quality from 1 to 100
/// Fill modes are FillMode as a number, but not `wrap`; `constant` is black.
enum class FilterKind : std::int32_t {
  none,
  erase,
  grid,
  autocontrast,
  equalize,
  clahe,
  sharpness,
  gaussian_blur,
  motion_blur,
  gaussian_noise,
  salt_and_pepper,
  jpeg
};

/// One such operation as drawn for a sample.
struct FilterStep {
  FilterKind kind = FilterKind::none;
  std::array<float, 7> numbers{};
};

/// What steps may need besides a value and its place, whatever is drawn: a GPU
/// is given the same work every time, so that it can be recorded.
struct StepNeeds {
  /// Colour steps that may need the means of channels.
  std::int64_t means = 0;
  /// Filter steps: whether they may read neighbours.
  bool neighbours = false;
  /// How many histograms of a channel they may make, one a tile.
  std::int64_t histograms = 0;
  /// Whether they may change masks.
  bool masks = false;
  /// Whether they may be a JPEG's.
  bool jpeg = false;

  /// What either may need.
  StepNeeds either(const StepNeeds& other) const {
    return {.means = std::max(means, other.means),
            .neighbours = neighbours || other.neighbours,
            .histograms = std::max(histograms, other.histograms),
            .masks = masks || other.masks,
            .jpeg = jpeg || other.jpeg};
  }
};

/// What happens to a batch in place: `count` steps a sample, one after the
/// other, (N, count) in all. Images are float32 (N, H, W, C), in units of
/// `range`.
struct Filters {
  const FilterStep* steps = nullptr;
  std::int64_t count = 0;
  ValueRange range = {};
  /// For a GPU: what each of the `count` steps may need, and, where some may
  /// read neighbours, stencils_of() all (N, count) steps.
  const StepNeeds* needs = nullptr;
  const Stencils* stencils = nullptr;
};

/// A sample's image in memory, (H, W, C).
struct FilterImage {
  float* values;
  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;

  std::int64_t row_size() const { return width * channels; }
  std::int64_t size() const { return height * row_size(); }
  float* row(std::int64_t y) const { return values + y * row_size(); }
};

/// Whether an `erase` or a `grid` takes pixel (x, y).
LATHE_PIXEL_FUNCTION bool erases(const FilterStep& step, std::int32_t x,
                                 std::int32_t y) {
  const float* number = step.numbers.data();
  const auto fx = static_cast<float>(x);
  const auto fy = static_cast<float>(y);
  if (step.kind == FilterKind::erase) {
    return number[0] <= fx && number[1] <= fy && fx < number[2] &&
           fy < number[3];
  }
  if (step.kind != FilterKind::grid) return false;
  const auto unit = static_cast<std::int32_t>(number[0]);
  const auto hole = static_cast<std::int32_t>(number[1]);
  return modulo(x - static_cast<std::int32_t>(number[2]), unit) < hole &&
         modulo(y - static_cast<std::int32_t>(number[3]), unit) < hole;
}

/// Whether an `erase` or a `grid` takes its pixels from masks too.
LATHE_PIXEL_FUNCTION bool erases_masks(const FilterStep& step) {
  return (step.kind == FilterKind::erase || step.kind == FilterKind::grid) &&
         step.numbers[6] != 0.0F;
}

/// `gpu` is for a GPU only, which needs filter_bytes() of its memory.
void filter(Device device, const Filters& filters, const Tensor& images,
            const GpuMemory& gpu = {});
std::size_t filter_bytes(std::span<const StepNeeds> needs, const Shape& images);
/// The parts of that for the images that neighbours are read of, and then for
/// tables of channels; planes of JPEG come behind.
std::size_t neighbour_bytes(const StepNeeds& needs, const Shape& images);
std::size_t table_bytes(const StepNeeds& needs, const Shape& images);

/// What erases masks does so: the pixels become `value`. Masks are uint8 or
/// float32 (N, H, W, C).
void erase_masks(Device device, const Filters& filters, float value,
                 const Tensor& masks, const GpuMemory& gpu = {});

}  // namespace lathe
