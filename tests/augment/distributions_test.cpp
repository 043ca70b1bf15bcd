// What operations draw over 100,000 samples, where that is all there is to it;
// what takes more is with the operation's other tests.

#include <gtest/gtest.h>

#include <map>

#include "augment/parse.h"
#include "tests/augment/distribution.h"

namespace lathe::augment {
namespace {

Augmentation operation_of(const std::string& text) {
  return parse(text).augmentations()[0];
}

/// The numbers of an operation that are drawn uniformly, by their columns.
struct Uniform {
  std::string text;
  struct Number {
    std::size_t column;
    double low;
    double high;
  };
  std::vector<Number> numbers;
};

const std::vector<Uniform> kUniform{
    {"brightness=-0.1:0.3", {{0, -0.1, 0.3}}},
    {"contrast=-0.2:0.5", {{0, 0.8, 1.5}}},
    {"saturation=-0.5:0.25", {{0, 0.5, 1.25}}},
    {"hue=-0.1:0.2", {{0, -0.1, 0.2}}},
    {"gamma=-0.5:1", {{0, 0.5, 2}}},
    {"rotation=-0.1:0.2", {{0, -36, 72}}},
    {"zoom(height_factor=-0.3:0.2,width_factor=0:0.5)",
     {{0, 0.7, 1.2}, {1, 1, 1.5}}},
    {"translation(height_factor=-0.3:0.1,width_factor=0.2)",
     {{0, -0.3, 0.1}, {1, -0.2, 0.2}}},
    {"translation=0.1", {{0, -0.1, 0.1}, {1, -0.1, 0.1}}},
    {"shear(x_factor=0.2,y_factor=-0.3:0)", {{0, -0.3, 0}, {1, -0.2, 0.2}}},
    {"color_jitter(brightness=0.2,contrast=-0.1:0.3,saturation=0.5,hue=0.1)",
     {{0, -0.2, 0.2}, {1, 0.9, 1.3}, {2, 0.5, 1.5}, {3, -0.1, 0.1}}},
    {"solarize(threshold=0.25:0.75,p=1)", {{0, 0.25, 0.75}}},
    {"channel_shuffle=1", {{0, 0, 1}}},
    {"resized_crop", {{2, 0, 1}, {3, 0, 1}}},
    {"box_safe_crop",
     {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}, {3, 0, 1}, {4, 0, 1}, {5, 0, 1}}},
};

/// Fails unless two uniform columns are uncorrelated: the mean of the products
/// has a standard deviation of the product of theirs by sqrt(n).
void expect_uncorrelated(const std::vector<float>& one,
                         const Uniform::Number& of_one,
                         const std::vector<float>& other,
                         const Uniform::Number& of_other) {
  double sum = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    sum += (one[i] - (of_one.low + of_one.high) / 2) *
           (other[i] - (of_other.low + of_other.high) / 2);
  }
  const double deviation =
      (of_one.high - of_one.low) * (of_other.high - of_other.low) / 12;
  EXPECT_NEAR(sum / kDraws, 0, 5 * deviation / std::sqrt(kDraws));
}

TEST(Distributions, UniformNumbersAre) {
  for (const auto& [text, numbers] : kUniform) {
    SCOPED_TRACE(text);
    const auto rows = many_drawn(operation_of(text));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      SCOPED_TRACE(numbers[i].column);
      const auto values = column(rows, numbers[i].column);
      expect_uniform(values, numbers[i].low, numbers[i].high);
      for (std::size_t k = 0; k < i; ++k) {
        expect_uncorrelated(values, numbers[i], column(rows, numbers[k].column),
                            numbers[k]);
      }
    }
  }
}

// One number for both unless there are two ranges.
TEST(Distributions, ZoomTakesTheHeightsNumberForTheWidth) {
  for (const auto& row : many_drawn(operation_of("zoom=0.2"))) {
    ASSERT_EQ(row[0], row[1]);
  }
}

// No part is wider or higher than the image, so none is cut.
TEST(Distributions, AreasAreUniformAndAspectsOfALogarithmThatIs) {
  std::vector<float> areas;
  std::vector<float> logarithms;
  for (const auto& row :
       many_drawn(operation_of("resized_crop(area=0.1:0.4,aspect=0.5:2)"))) {
    areas.push_back(row[0] * row[1]);
    logarithms.push_back(std::log(row[1] / row[0]));
  }
  expect_uniform(areas, 0.1, 0.4);
  expect_uniform(logarithms, -std::log(2.0), std::log(2.0));
}

/// A number of an operation that has one of some values, and how often.
struct Discrete {
  std::string text;
  std::size_t column;
  std::map<float, double> shares;
};

std::map<float, double> evenly(float first, int count) {
  std::map<float, double> shares;
  for (int i = 0; i < count; ++i) {
    shares[first + static_cast<float>(i)] = 1.0 / count;
  }
  return shares;
}

const std::vector<Discrete> kDiscrete{
    {"flip", 0, {{0, 0.5}, {1, 0.5}}},
    {"flip", 1, {{0, 0.5}, {1, 0.5}}},
    {"flip=vertical", 0, {{0, 1}}},
    {"turn=true", 0, evenly(0, 4)},
    {"turn=true", 1, {{0, 0.5}, {1, 0.5}}},
    {"turn", 1, {{0, 1}}},
    {"grayscale=0.3", 0, {{0, 0.7}, {1, 0.3}}},
    {"invert=0.2", 0, {{0, 0.8}, {1, 0.2}}},
    {"posterize=2:6", 0, evenly(2, 5)},
    {"posterize(bits=4,p=0.35)", 0, {{4, 0.35}, {8, 0.65}}},
    {"solarize(threshold=0.5:0.5,p=0.1)", 0, {{0.5F, 0.1}, {2, 0.9}}},
    {"color_jitter(random_order=true)", 4, evenly(0, 24)},
    {"color_jitter", 4, {{0, 1}}},
    {"sequence(flip,p=0.6)", 0, {{0, 0.4}, {1, 0.6}}},
    {"one_of(flip,hue,zoom,p=0.75)",
     0,
     {{-1, 0.25}, {0, 0.25}, {1, 0.25}, {2, 0.25}}},
    {"some_of(flip,hue,zoom,n=2)", 0, {{0, 1.0 / 3}, {1, 2.0 / 3}}},
    {"some_of(flip,hue,zoom,n=2)", 2, {{0, 1.0 / 3}, {1, 2.0 / 3}}},
    {"some_of(flip,hue,zoom,n=1:2,p=0.5)", 1, {{0, 0.75}, {1, 0.25}}},
    {"random_order(flip,hue,zoom)", 0, evenly(0, 3)},
    {"random_order(flip,hue,zoom)", 2, evenly(0, 3)},
    {"trivialaugment", 0, evenly(0, 14)},
    {"randaugment", 2, evenly(0, 14)},
};

TEST(Distributions, EachValueComesAsOftenAsItIsMeantTo) {
  for (const auto& [text, at, shares] : kDiscrete) {
    SCOPED_TRACE(concat(text, ", number ", at));
    std::map<float, std::size_t> counts;
    for (const float value : column(many_drawn(operation_of(text)), at)) {
      ++counts[value];
    }
    EXPECT_EQ(counts.size(), shares.size());
    for (const auto& [value, share] : shares) {
      SCOPED_TRACE(value);
      expect_binomial(counts[value], share);
    }
  }
}

/// What is done to no more than a share p of samples: how a number tells.
TEST(Distributions, AProbabilityIsWhatItSays) {
  for (const std::string name :
       {"channel_shuffle", "autocontrast", "equalize"}) {
    SCOPED_TRACE(name);
    const auto values =
        column(many_drawn(operation_of(concat(name, "=0.15"))), 0);
    expect_binomial(static_cast<std::size_t>(std::ranges::count_if(
                        values, [](float value) { return value != 0; })),
                    0.15);
  }
}

// Each of two bits, and both together: they are drawn apart.
TEST(Distributions, TheBitsOfAFlipAreDrawnApart) {
  std::size_t both = 0;
  for (const auto& row : many_drawn(operation_of("flip"))) {
    both += row[0] == 1 && row[1] == 1 ? 1 : 0;
  }
  expect_binomial(both, 0.25);
}

// Of 31 magnitudes, all as likely, rotate turns by 0 to 135 degrees either way.
TEST(Distributions, TrivialAugmentDrawsEveryMagnitude) {
  std::map<float, std::size_t> degrees;
  std::size_t rotated = 0;
  for (const auto& row : many_drawn(operation_of("trivialaugment"))) {
    if (row[0] != static_cast<float>(PolicyKind::rotate)) continue;
    ++rotated;
    ++degrees[std::abs(row[1])];
  }
  EXPECT_EQ(degrees.size(), 31U);
  const auto n = static_cast<double>(rotated);
  for (const auto& [amount, count] : degrees) {
    EXPECT_NEAR(static_cast<double>(count), n / 31,
                5 * std::sqrt(n / 31 * 30 / 31))
        << amount;
  }
  EXPECT_NEAR(degrees.rbegin()->first, 135, 1e-4);
}

}  // namespace
}  // namespace lathe::augment
