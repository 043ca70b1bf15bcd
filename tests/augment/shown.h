#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "augment/augmentation.h"
#include "core/augmentation/resample.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {

/// The eight numbers, the warp and its controls that a row means.
struct Geometry {
  Geometry(const Augmentation& operation, const std::vector<float>& row,
           const ImageSize& size) {
    const Effect& effect = *operation.effects().front();
    sampling = effect.sampling().value_or(Sampling{});
    to = effect.output_size(size);
    if (effect.warps()) {
      controls.resize(effect.warp_controls(size));
      warp = effect.warp(row, size, controls);
    } else {
      matrix = effect.matrix(row, size);
    }
  }

  /// Where a position of the input comes to.
  Position moved(const Position& from) const {
    if (warp.kind != WarpKind::none) return unwarped_position(warp, from);
    const auto& m = matrix.m;
    const double x = from.x;
    const double y = from.y;
    // Rows of the adjugate.
    const double out_x = (m[4] * m[8] - m[5] * m[7]) * x +
                         (m[2] * m[7] - m[1] * m[8]) * y +
                         (m[1] * m[5] - m[2] * m[4]);
    const double out_y = (m[5] * m[6] - m[3] * m[8]) * x +
                         (m[0] * m[8] - m[2] * m[6]) * y +
                         (m[2] * m[3] - m[0] * m[5]);
    const double k = (m[3] * m[7] - m[4] * m[6]) * x +
                     (m[1] * m[6] - m[0] * m[7]) * y +
                     (m[0] * m[4] - m[1] * m[3]);
    return {static_cast<float>(out_x / k), static_cast<float>(out_y / k)};
  }

  Tensor shown(const Tensor& image) const {
    Tensor rows({1, kRowLength});
    std::ranges::copy(row_of(matrix), rows.data<float>());
    const Tensor output({1, to.height, to.width, image.shape()[3]});
    resample(Device::cpu,
             {.interpolation = sampling.interpolation,
              .fill_mode = sampling.fill_mode,
              .fill_value = sampling.fill_value},
             image, rows, output, {}, &warp);
    return output;
  }

  Sampling sampling;
  ImageSize to;
  Matrix matrix;
  std::vector<float> controls;
  Warp warp;
};

/// An image that spots are drawn on: of odd sides, and no square.
inline constexpr ImageSize kSpotsSize{.height = 41, .width = 53};

/// Draws a spot, shows it, and measures that its middle goes where the geometry
/// says, to half a pixel; for spots all over the image. The operation must fill
/// with black, so that what is seen once is not seen twice.
inline void expect_spots_move(const Augmentation& operation,
                              const std::vector<float>& row,
                              const ImageSize& size) {
  const Geometry geometry(operation, row, size);
  constexpr float kMargin = 6;
  int spots = 0;
  for (float at_y = kMargin; at_y < static_cast<float>(size.height) - kMargin;
       at_y += 9.7F) {
    for (float at_x = kMargin; at_x < static_cast<float>(size.width) - kMargin;
         at_x += 8.3F) {
      const Position expected = geometry.moved({at_x, at_y});
      if (expected.x < kMargin || expected.y < kMargin ||
          expected.x > static_cast<float>(geometry.to.width) - kMargin ||
          expected.y > static_cast<float>(geometry.to.height) - kMargin) {
        continue;
      }
      const Tensor image({1, size.height, size.width, 1});
      for (std::int64_t y = 0; y < size.height; ++y) {
        for (std::int64_t x = 0; x < size.width; ++x) {
          const float dx = static_cast<float>(x) - at_x;
          const float dy = static_cast<float>(y) - at_y;
          image.data<float>()[y * size.width + x] =
              std::exp(-0.5F * (dx * dx + dy * dy));
        }
      }
      const Tensor seen = geometry.shown(image);
      double sum = 0;
      double sum_x = 0;
      double sum_y = 0;
      for (std::int64_t i = 0; i < seen.elements(); ++i) {
        const auto value = static_cast<double>(seen.data<float>()[i]);
        sum += value;
        sum_x += value * static_cast<double>(i % geometry.to.width);
        sum_y += value * static_cast<double>(i / geometry.to.width);
      }
      ASSERT_GT(sum, 0);
      EXPECT_NEAR(sum_x / sum, expected.x, 0.5) << at_x << ", " << at_y;
      EXPECT_NEAR(sum_y / sum, expected.y, 0.5) << at_x << ", " << at_y;
      ++spots;
    }
  }
  EXPECT_GE(spots, 4);
}

/// Number i of the rows of 100,000 samples.
inline std::vector<float> draws_of(const Augmentation& operation,
                                   std::size_t i) {
  return column(many_drawn(operation), i);
}

/// Fails unless as many of 100,000 values are so.
template <class Predicate>
void expect_share(const std::vector<float>& values, double p,
                  const Predicate& is_so) {
  expect_binomial(
      static_cast<std::size_t>(std::ranges::count_if(values, is_so)), p);
}

/// The row that a sample gets.
inline std::vector<float> row_of(const Augmentation& operation,
                                 std::uint32_t sample) {
  std::vector<float> row(operation.parameters().size());
  Philox random({.seed = 3, .sample = sample});
  operation.draw(random, row);
  return row;
}

/// 0, 1, 2 ... as an image of one channel.
inline Tensor counting(const ImageSize& size) {
  const Tensor image({1, size.height, size.width, 1});
  for (std::int64_t i = 0; i < image.elements(); ++i) {
    image.data<float>()[i] = static_cast<float>(i);
  }
  return image;
}

}  // namespace lathe::augment
