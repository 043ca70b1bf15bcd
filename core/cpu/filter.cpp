#include "core/cpu/filter.h"

#include <algorithm>
#include <array>

#include "core/augmentation/histogram.h"
#include "core/augmentation/noise.h"
#include "core/cpu/color_kernels.h"
#include "core/cpu/histogram.h"
#include "core/cpu/jpeg.h"
#include "core/cpu/noise_kernels.h"
#include "core/cpu/stencil.h"
#include "core/parallel.h"

namespace lathe::cpu {

namespace {

// Noise is made in pieces that stay in the innermost cache.
constexpr std::int64_t kPiece = 1024;

std::uint32_t seed_of(float number) {
  return static_cast<std::uint32_t>(number);
}

// Calls use(noise, first, count) for values [begin, end), with noise the
// numbers (normals or words) from number `first` on.
template <class T, class F>
void for_noise(std::uint32_t seed, std::int64_t begin, std::int64_t end,
               void (*fill)(const NoiseBlocks&, T*), const F& use) {
  alignas(64) std::array<T, kPiece + 4 * kNoiseGroup> noise;
  while (begin < end) {
    const std::int64_t first = begin / 4;
    const std::int64_t count = std::min(end - begin, kPiece - begin % 4);
    fill({.seed = seed,
          .first = static_cast<std::uint32_t>(first),
          .count = static_cast<std::uint32_t>((begin % 4 + count + 3) / 4)},
         noise.data());
    use(noise.data() + begin % 4, begin, count);
    begin += count;
  }
}

// Pixels [left, right) of a row.
void erase(const FilterStep& step, const ValueRange& range,
           const FilterImage& image, std::int64_t y, std::int64_t left,
           std::int64_t right) {
  const float white = range.high - range.low;
  float* begin = image.row(y) + left * image.channels;
  float* end = image.row(y) + right * image.channels;
  if (step.numbers[5] < 0) {
    std::fill(begin, end,
              clip(multiply_add(step.numbers[4], white, range.low), range));
    return;
  }
  std::fill(begin, end, range.low);
  for_noise(seed_of(step.numbers[5]), begin - image.values, end - image.values,
            fill_normals,
            [&](const float* normals, std::int64_t first, std::int64_t count) {
              add_noise(normals, white, count, range, image.values + first);
            });
}

void erase_rectangle(const FilterStep& step, const ValueRange& range,
                     const FilterImage& image) {
  const auto edge = [&](std::size_t i, std::int64_t most) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(step.numbers[i]),
                                    0, most);
  };
  const std::int64_t left = edge(0, image.width);
  const std::int64_t right = std::max(left, edge(2, image.width));
  for (std::int64_t y = edge(1, image.height); y < edge(3, image.height); ++y) {
    erase(step, range, image, y, left, right);
  }
}

void erase_grid(const FilterStep& step, const ValueRange& range,
                const FilterImage& image) {
  const auto unit = static_cast<std::int32_t>(step.numbers[0]);
  const auto hole = static_cast<std::int32_t>(step.numbers[1]);
  const auto shift_x = static_cast<std::int32_t>(step.numbers[2]);
  const auto shift_y = static_cast<std::int32_t>(step.numbers[3]);
  for (std::int32_t y = 0; y < image.height; ++y) {
    if (modulo(y - shift_y, unit) >= hole) continue;
    for (std::int64_t x = modulo(shift_x, unit) - unit; x < image.width;
         x += unit) {
      const std::int64_t right = std::min<std::int64_t>(x + hole, image.width);
      if (right > 0) {
        erase(step, range, image, y, std::max<std::int64_t>(x, 0), right);
      }
    }
  }
}

void gaussian_noise(const FilterStep& step, const ValueRange& range,
                    const FilterImage& image) {
  const float deviation = step.numbers[0] * (range.high - range.low);
  for_noise(seed_of(step.numbers[1]), 0, image.size(), fill_normals,
            [&](const float* normals, std::int64_t first, std::int64_t count) {
              add_noise(normals, deviation, count, range, image.values + first);
            });
}

void salt_and_pepper(const FilterStep& step, const ValueRange& range,
                     const FilterImage& image) {
  const float amount = step.numbers[0];
  const float salt = step.numbers[0] * step.numbers[1];
  for_noise(
      seed_of(step.numbers[2]), 0, image.height * image.width, fill_words,
      [&](const std::uint32_t* words, std::int64_t first, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
          const float u = unit_of(words[i]);
          if (u >= amount) continue;
          std::fill_n(image.values + (first + i) * image.channels,
                      image.channels, u < salt ? range.high : range.low);
        }
      });
}

void run(const FilterStep& step, const ValueRange& range,
         const FilterImage& image) {
  const float* number = step.numbers.data();
  switch (step.kind) {
    case FilterKind::none:
      return;
    case FilterKind::erase:
      return erase_rectangle(step, range, image);
    case FilterKind::grid:
      return erase_grid(step, range, image);
    case FilterKind::autocontrast:
      return autocontrast(range, image);
    case FilterKind::equalize:
      return equalize(range, image);
    case FilterKind::clahe:
      return clahe(step, range, image);
    case FilterKind::sharpness:
      return correlate(sharpness_stencil(number[0]), fill_mode_of(number[1]),
                       range, image);
    case FilterKind::gaussian_blur:
      return correlate_separably(
          gaussian_stencil(static_cast<int>(number[0]), number[1], true),
          gaussian_stencil(static_cast<int>(number[0]), number[2], false),
          fill_mode_of(number[3]), range, image);
    case FilterKind::motion_blur:
      return correlate(motion_stencil(static_cast<int>(number[0]), number[1]),
                       fill_mode_of(number[2]), range, image);
    case FilterKind::gaussian_noise:
      return gaussian_noise(step, range, image);
    case FilterKind::salt_and_pepper:
      return salt_and_pepper(step, range, image);
    case FilterKind::jpeg:
      return jpeg(static_cast<int>(number[0]), range, image);
  }
}

}  // namespace

void filter(const Filters& filters, const Tensor& images) {
  const Shape& shape = images.shape();
  parallel_tasks(shape[0], [&](std::int64_t n) {
    const FilterImage image{
        images.data<float>() + n * shape[1] * shape[2] * shape[3], shape[1],
        shape[2], shape[3]};
    for (std::int64_t i = 0; i < filters.count; ++i) {
      run(filters.steps[n * filters.count + i], filters.range, image);
    }
  });
}

}  // namespace lathe::cpu
