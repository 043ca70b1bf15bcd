#include "layers/initializer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "tests/support/compare.h"

namespace lathe::layers {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// 36864 elements; fan_in 576, fan_out 576 (3 x 3 x 64).
const Shape kKernel{3, 3, 64, 64};
constexpr double kFan = 576;
constexpr std::uint64_t kSeed = 5;

struct Moments {
  double mean = 0;
  double deviation = 0;
  double least = 0;
  double most = 0;
};

Moments moments_of(const Initializer& initializer,
                   const Shape& shape = kKernel) {
  const Tensor tensor(shape);
  initialize(tensor, initializer, kSeed, 3);
  Moments moments;
  const auto values = tensor.values<float>();
  const auto count = static_cast<double>(values.size());
  for (const float value : values) moments.mean += value / count;
  for (const float value : values) {
    moments.deviation += std::pow(value - moments.mean, 2) / count;
  }
  moments.deviation = std::sqrt(moments.deviation);
  moments.least = *std::min_element(values.begin(), values.end());
  moments.most = *std::max_element(values.begin(), values.end());
  return moments;
}

// The mean of n draws strays by deviation / sqrt(n) and their deviation by
// less than deviation / sqrt(n): 4 such are 2 % of the deviation, and the seed
// is fixed.
void expect_moments(const Moments& moments, double mean, double deviation) {
  EXPECT_NEAR(moments.mean, mean, 0.02 * deviation);
  EXPECT_NEAR(moments.deviation, deviation, 0.02 * deviation);
}

// Uniform: all within the limit, some near it.
void expect_uniform(const Initializer& initializer, double limit) {
  const Moments moments = moments_of(initializer);
  expect_moments(moments, 0, limit / std::sqrt(3.0));
  EXPECT_LE(std::max(-moments.least, moments.most), limit);
  EXPECT_GT(std::min(-moments.least, moments.most), 0.999 * limit);
}

// Cut at two of the untruncated deviations, so that what is left has
// `deviation`.
void expect_truncated(const Initializer& initializer, double deviation) {
  const Moments moments = moments_of(initializer);
  expect_moments(moments, 0, deviation);
  const double limit = 2 * deviation / 0.87962566103423978;
  EXPECT_LE(std::max(-moments.least, moments.most), limit);
  EXPECT_GT(std::min(-moments.least, moments.most), 0.98 * limit);
}

TEST(Initializer, Fans) {
  const auto expect = [](const Shape& shape, std::int64_t in,
                         std::int64_t out) {
    EXPECT_EQ(fans_of(shape).in, in) << shape;
    EXPECT_EQ(fans_of(shape).out, out) << shape;
  };
  expect({}, 1, 1);
  expect({7}, 7, 7);
  expect({5, 9}, 5, 9);
  expect({3, 2, 5, 9}, 30, 54);
  // A depthwise kernel: every input feeds one output.
  expect({3, 3, 32, 1}, 288, 9);
}

TEST(Initializer, Constants) {
  for (const auto& [initializer, value] :
       std::vector<std::pair<Initializer, double>>{
           {Zeros{}, 0}, {Ones{}, 1}, {Constant{.value = 0.25}, 0.25}}) {
    const Moments moments = moments_of(initializer, {4});
    EXPECT_EQ(moments.least, value);
    EXPECT_EQ(moments.most, value);
  }
}

TEST(Initializer, UniformDistributions) {
  expect_uniform(GlorotUniform{}, std::sqrt(3 / kFan));
  expect_uniform(HeUniform{}, std::sqrt(6 / kFan));
  expect_uniform(LecunUniform{}, std::sqrt(3 / kFan));
  expect_uniform(RandomUniform{}, 0.05);
  expect_uniform(VarianceScaling{.scale = 1.0 / 3,
                                 .mode = FanMode::fan_out,
                                 .distribution = Distribution::uniform},
                 std::sqrt(1 / kFan));
}

TEST(Initializer, NormalDistributions) {
  expect_truncated(GlorotNormal{}, std::sqrt(1 / kFan));
  expect_truncated(HeNormal{}, std::sqrt(2 / kFan));
  expect_truncated(LecunNormal{}, std::sqrt(1 / kFan));
  expect_truncated(VarianceScaling{.scale = 2}, std::sqrt(2 / kFan));
  expect_truncated(TruncatedNormal{}, 0.05 * 0.87962566103423978);
  expect_moments(moments_of(RandomNormal{.mean = 1, .stddev = 0.5}), 1, 0.5);
  const Moments untruncated = moments_of(
      VarianceScaling{.distribution = Distribution::untruncated_normal});
  expect_moments(untruncated, 0, std::sqrt(1 / kFan));
  EXPECT_GT(untruncated.most, 3 * std::sqrt(1 / kFan));
}

TEST(Initializer, CountsFansByMode) {
  // fan_in 30, fan_out 54 times 100 elements.
  const Shape shape{3, 2, 500, 900};
  const auto deviation = [&](FanMode mode) {
    return moments_of(VarianceScaling{.mode = mode}, shape).deviation;
  };
  EXPECT_NEAR(deviation(FanMode::fan_in), std::sqrt(1 / 3000.0), 1e-4);
  EXPECT_NEAR(deviation(FanMode::fan_out), std::sqrt(1 / 5400.0), 1e-4);
  EXPECT_NEAR(deviation(FanMode::fan_avg), std::sqrt(1 / 4200.0), 1e-4);
}

TEST(Initializer, DrawsDependOnSeedAndWeightOnly) {
  const auto drawn = [](std::uint64_t seed, std::uint32_t index,
                        const Initializer& initializer) {
    const Tensor tensor({3, 5});
    initialize(tensor, initializer, seed, index);
    return tensor;
  };
  const auto equal = [](const Tensor& a, const Tensor& b) {
    return std::ranges::equal(a.values<float>(), b.values<float>());
  };
  const Tensor first = drawn(1, 2, GlorotUniform{});
  EXPECT_TRUE(equal(first, drawn(1, 2, GlorotUniform{})));
  EXPECT_FALSE(equal(first, drawn(2, 2, GlorotUniform{})));
  EXPECT_FALSE(equal(first, drawn(1, 3, GlorotUniform{})));
  EXPECT_TRUE(equal(first, drawn(9, 2, GlorotUniform{.seed = 1})));
}

TEST(Initializer, ConfigRoundTrip) {
  const std::vector<Initializer> all = {
      Zeros{},
      Ones{},
      Constant{.value = 2},
      RandomUniform{.minval = -1, .maxval = 2, .seed = 4},
      RandomNormal{.mean = 1, .stddev = 2},
      TruncatedNormal{.stddev = 0.1},
      VarianceScaling{.scale = 3,
                      .mode = FanMode::fan_avg,
                      .distribution = Distribution::untruncated_normal},
      GlorotUniform{},
      GlorotNormal{},
      HeUniform{},
      HeNormal{.seed = 1},
      LecunUniform{},
      LecunNormal{}};
  ASSERT_EQ(all.size(), std::variant_size_v<Initializer>);
  for (const Initializer& initializer : all) {
    const json config = initializer_config(initializer);
    const Initializer back = initializer_from_config(config);
    EXPECT_EQ(back.index(), initializer.index());
    EXPECT_EQ(initializer_config(back), config);
  }
}

TEST(Initializer, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(
      [] {
        initializer_from_config(
            {{"class_name", "Orthogonal"}, {"config", {{"gain", 1}}}});
      },
      ThrowsMessage<Error>(HasSubstr("'Orthogonal' is not known; there are")));
  EXPECT_THAT(
      [] {
        initializer_from_config(
            {{"class_name", "HeNormal"}, {"config", {{"input_axes", {0}}}}});
      },
      ThrowsMessage<Error>(HasSubstr("HeNormal: the option input_axes")));
  EXPECT_THAT([] { initialize(Tensor({2}, DType::int64), Ones{}, 0, 0); },
              ThrowsMessage<Error>(HasSubstr("only float32")));
}

}  // namespace
}  // namespace lathe::layers
