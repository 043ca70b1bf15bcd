#pragma once

#include <vector>

#include "core/augmentation/filter.h"
#include "core/error.h"

// Filters and images that every device does alike.
namespace lathe::testing::filters {

inline constexpr std::int64_t kSamples = 3;
inline constexpr ValueRange kRange{.low = -1, .high = 3};

// Odd ones, smaller than kernels and tiles, of one row or column.
inline const std::vector<Shape> kShapes{
    {3, 37, 45, 3}, {3, 33, 32, 1}, {3, 5, 64, 4}, {3, 9, 40, 5},
    {3, 1, 1, 1},   {3, 1, 70, 3},  {3, 41, 1, 3}, {3, 2, 3, 7}};

inline float of(FillMode mode) {
  return static_cast<float>(mode);
}

// One of each kind, and more where a number switches.
inline const std::vector<FilterStep> kSteps{
    {.kind = FilterKind::none},
    {.kind = FilterKind::erase, .numbers = {1, 0, 30, 4, 0.75F, -1, 0}},
    {.kind = FilterKind::erase, .numbers = {3, 2, 4, 30, 0, 77, 0}},
    {.kind = FilterKind::grid, .numbers = {7, 3, 5, 0, 0.25F, -1, 0}},
    {.kind = FilterKind::grid, .numbers = {1, 1, 0, 0, 0.25F, 99, 0}},
    {.kind = FilterKind::autocontrast},
    {.kind = FilterKind::equalize},
    {.kind = FilterKind::clahe, .numbers = {2, 3, 4}},
    {.kind = FilterKind::clahe, .numbers = {0, 1, 1}},
    {.kind = FilterKind::clahe, .numbers = {40, 8, 8}},
    {.kind = FilterKind::sharpness, .numbers = {0.1F, of(FillMode::constant)}},
    {.kind = FilterKind::sharpness, .numbers = {0.9F, of(FillMode::nearest)}},
    {.kind = FilterKind::gaussian_blur,
     .numbers = {7, 1.5F, 0.6F, of(FillMode::mirror)}},
    {.kind = FilterKind::gaussian_blur,
     .numbers = {63, 9, 12, of(FillMode::reflect)}},
    {.kind = FilterKind::gaussian_blur,
     .numbers = {3, 1, 1, of(FillMode::constant)}},
    {.kind = FilterKind::motion_blur,
     .numbers = {9, 0.07F, of(FillMode::mirror)}},
    {.kind = FilterKind::motion_blur,
     .numbers = {15, 0.35F, of(FillMode::nearest)}},
    {.kind = FilterKind::gaussian_noise, .numbers = {0.1F, 16777215}},
    {.kind = FilterKind::salt_and_pepper, .numbers = {0.2F, 0.25F, 12345}},
    {.kind = FilterKind::jpeg, .numbers = {30}}};

inline bool fits(const FilterStep& step, const Shape& shape) {
  return step.kind != FilterKind::jpeg || shape[3] == 1 || shape[3] == 3;
}

inline std::string name_of(const FilterStep& step) {
  return concat("kind ", static_cast<int>(step.kind), " (", step.numbers[0],
                ", ", step.numbers[1], ", ...)");
}

}  // namespace lathe::testing::filters
