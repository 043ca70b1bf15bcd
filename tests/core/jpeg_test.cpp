#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/augmentation/filter.h"
#include "core/philox.h"

// The CPU's own transforms beside the real round trip through a file of
// libjpeg-turbo, which the reference takes: the same bytes.

namespace lathe {
namespace {

enum class Scene { noise, smooth, edges };

// Bytes as floats: nothing is left to rounding.
Tensor scene(Scene kind, const Shape& shape, std::uint32_t seed) {
  Tensor images(shape);
  float* value = images.data<float>();
  Philox random({.sample = seed});
  for (std::int64_t y = 0; y < shape[1]; ++y) {
    for (std::int64_t x = 0; x < shape[2]; ++x) {
      for (std::int64_t c = 0; c < shape[3]; ++c) {
        const auto noise = static_cast<float>(random.below(256));
        const auto place = static_cast<float>(3 * x + 5 * y + 70 * c);
        switch (kind) {
          case Scene::noise:
            *value++ = noise;
            break;
          case Scene::smooth:
            *value++ = std::round(127.5F + 127.5F * std::sin(place / 40));
            break;
          case Scene::edges:
            *value++ = noise < 128 ? 0.0F : 255.0F;
            break;
        }
      }
    }
  }
  return images;
}

void expect_same(Scene kind, const Shape& shape, int quality,
                 std::uint32_t seed) {
  const FilterStep step{.kind = FilterKind::jpeg,
                        .numbers = {static_cast<float>(quality)}};
  Tensor results[] = {scene(kind, shape, seed), scene(kind, shape, seed)};
  filter(Device::reference, {.steps = &step, .count = 1}, results[0]);
  filter(Device::cpu, {.steps = &step, .count = 1}, results[1]);
  const auto expected = results[0].values<float>();
  const auto seen = results[1].values<float>();
  const auto [first, second] =
      std::mismatch(expected.begin(), expected.end(), seen.begin());
  if (first == expected.end()) return;
  ADD_FAILURE() << "quality " << quality << ", scene " << static_cast<int>(kind)
                << ", " << shape << ", seed " << seed << ": value "
                << first - expected.begin() << " is " << *second << " and not "
                << *first;
}

constexpr Scene kScenes[] = {Scene::noise, Scene::smooth, Scene::edges};

TEST(Jpeg, LeavesWhatAFileOfAnyQualityWould) {
  const std::uint32_t seed = std::random_device()();
  for (int quality = 1; quality <= 100; ++quality) {
    for (const Scene kind : kScenes) {
      expect_same(kind, {1, 43, 61, 3}, quality, seed);
      expect_same(kind, {1, 43, 61, 1}, quality, seed);
    }
  }
}

// Blocks and pairs of pixels that the image ends within, groups of blocks that
// are computed at once, and the few pixels that libjpeg expands otherwise.
TEST(Jpeg, LeavesWhatAFileOfAnySizeWould) {
  const std::uint32_t seed = std::random_device()();
  for (std::int64_t height = 1; height <= 18; ++height) {
    for (std::int64_t width = 1; width <= 34; ++width) {
      for (const std::int64_t channels : {1, 3}) {
        expect_same(Scene::noise, {1, height, width, channels}, 75, seed);
      }
    }
  }
  for (const std::int64_t width : {63, 64, 65, 127, 128, 129, 255, 257, 530}) {
    expect_same(Scene::smooth, {1, 37, width, 3}, 50, seed);
    expect_same(Scene::edges, {1, 16, width, 3}, 20, seed);
  }
}

}  // namespace
}  // namespace lathe
