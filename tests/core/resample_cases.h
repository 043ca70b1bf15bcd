#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/augmentation/resample.h"
#include "core/error.h"

// Ways of resampling that every device does alike.
namespace lathe::testing {

inline constexpr std::array kFillModes{FillMode::constant, FillMode::nearest,
                                       FillMode::reflect, FillMode::mirror,
                                       FillMode::wrap};

struct ResampleCase {
  DType from;
  DType to;
  Resample how;
  std::string text;
};

/// Every way to read, from and to either type, with values scaled by `scale`.
inline std::vector<ResampleCase> resample_cases(float scale) {
  std::vector<ResampleCase> cases;
  for (const DType from : {DType::uint8, DType::float32}) {
    for (const DType to : {DType::uint8, DType::float32}) {
      for (const FillMode fill_mode : kFillModes) {
        for (const Interpolation interpolation :
             {Interpolation::nearest, Interpolation::bilinear,
              Interpolation::bicubic}) {
          cases.push_back(
              {.from = from,
               .to = to,
               .how = {.interpolation = interpolation,
                       .fill_mode = fill_mode,
                       .fill_value = 77,
                       .scale = scale,
                       .offset = 3},
               .text = concat(from, " to ", to, ", ", name_of(fill_mode), ", ",
                              name_of(interpolation))});
        }
      }
    }
  }
  return cases;
}

}  // namespace lathe::testing
