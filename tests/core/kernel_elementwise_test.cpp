#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "tests/core/kernel_check.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

// Shapes with tails of every kind: below, at and beyond a vector, and large
// enough for several threads.
namespace lathe::graph {
namespace {

using testing::check_kernel;
using testing::kernel_outputs;
using testing::kFloat;
using testing::random_integers;
using testing::random_tensor;

// A few roundings of 2^-24.
constexpr double kRounding = 4e-7;
// Highway's exponential is within 1 unit in the last place, its tanh within 4;
// what is made of them adds a few roundings.
constexpr double kFunction = 2e-6;

const std::vector<Shape> kShapes{{1},          {7},       {16},
                                 {3, 5},       {2, 33},   {2, 3, 4, 5},
                                 {17, 31, 71}, {4, 8192}, {1, 65, 16, 33}};

// More than a vector of each.
Tensor repeated(std::initializer_list<float> values) {
  std::vector<float> result;
  for (const float x : values) result.insert(result.end(), 17, x);
  return Tensor::from<float>({static_cast<std::int64_t>(result.size())},
                             result);
}

TEST(KernelElementwise, AddsAndScales) {
  for (const Shape& shape : kShapes) {
    const auto a = random_tensor(shape, kFloat, 1);
    const auto b = random_tensor(shape, kFloat, 2);
    check_kernel(Add{}, {a, b}, 0);
    check_kernel(Affine{.scale = 0.3, .offset = -1.5}, {a}, kRounding);
  }
}

TEST(KernelElementwise, ActivatesForwardAndBackward) {
  using enum ActivationKind;
  for (const ActivationKind kind : {linear, relu, sigmoid, swish, tanh}) {
    for (const Shape& shape : kShapes) {
      const auto x = random_tensor(shape, kFloat, 3, -20, 20);
      const auto dy = random_tensor(shape, kFloat, 4);
      check_kernel(Activation{.kind = kind}, {x}, kFunction);
      const auto seen =
          kind == swish ? x : kernel_outputs(Activation{.kind = kind}, {x})[0];
      check_kernel(ActivationGradient{.kind = kind}, {dy, seen}, kFunction);
    }
  }
}

TEST(KernelElementwise, ActivationsKeepWhatIsNoNumberAndSaturate) {
  using enum ActivationKind;
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const auto x =
      Tensor::from<float>({5}, {kNaN, 1e30F, -1e30F, kInfinity, -kInfinity});
  for (const ActivationKind kind : {linear, relu, sigmoid, swish, tanh}) {
    const auto y = kernel_outputs(Activation{.kind = kind}, {x})[0];
    EXPECT_TRUE(std::isnan(y.values<float>()[0])) << name_of(kind);
  }
  const auto sigmoids = kernel_outputs(Activation{.kind = sigmoid}, {x})[0];
  EXPECT_EQ(sigmoids.values<float>()[1], 1.0F);
  EXPECT_NEAR(sigmoids.values<float>()[2], 0.0F, 1e-37F);
  EXPECT_EQ(sigmoids.values<float>()[3], 1.0F);
  const auto tangents = kernel_outputs(Activation{.kind = tanh}, {x})[0];
  EXPECT_EQ(tangents.values<float>()[1], 1.0F);
  EXPECT_EQ(tangents.values<float>()[4], -1.0F);
}

TEST(KernelElementwise, MultipliesWhatRepeats) {
  const std::vector<std::pair<Shape, Shape>> pairs{
      {{5}, {5}},
      {{4, 17, 19, 33}, {4, 17, 19, 33}},
      {{3, 5, 7, 24}, {3, 1, 1, 24}},
      {{2, 3, 4, 1}, {2, 1, 1, 1}},
      {{3, 5, 7, 3}, {3}},
      {{2, 9, 9, 8}, {1}},
      {{2, 9, 9, 8}, {2, 9, 9, 1}},
      {{2, 32, 32, 48}, {2, 1, 1, 48}}};
  for (const auto& [a, b] : pairs) {
    check_kernel(Multiply{},
                 {random_tensor(a, kFloat, 5), random_tensor(b, kFloat, 6)}, 0);
    check_kernel(Multiply{},
                 {random_tensor(a, kFloat, 5), random_tensor(b, kFloat, 6),
                  random_tensor(b, kFloat, 8)},
                 kRounding);
    // Summed in double after at most 128 float32 additions in four lanes.
    if (a != b) {
      const auto x = random_tensor(a, kFloat, 7, 0, 2);
      check_kernel(ReduceSum{.target = b}, {x}, 3e-6);
      check_kernel(ReduceSum{.target = b},
                   {x, random_tensor(a, kFloat, 9, 0, 2)}, 3e-6);
    }
  }
  check_kernel(ReduceSum{.target = {3}},
               {random_tensor({16, 61, 61, 3}, kFloat, 8, 0, 2)}, 3e-6);
  check_kernel(ReduceSum{.target = {1280}},
               {random_tensor({3, 7, 7, 1280}, kFloat, 9, 0, 2)}, 3e-6);
}

// Not only beside 1, as check_kernel demands.
TEST(KernelElementwise, ComputesSmallSigmoidsToTheirOwnPrecision) {
  std::vector<float> values;
  for (float x = -80; x < 20; x += 0.0137F) values.push_back(x);
  const auto count = static_cast<std::int64_t>(values.size());
  const auto x = Tensor::from<float>({count}, values);
  const Tensor y =
      kernel_outputs(Activation{.kind = ActivationKind::sigmoid}, {x})[0];
  for (std::int64_t i = 0; i < count; ++i) {
    const double at = x.data<float>()[i];
    const double right = 1 / (1 + std::exp(-at));
    // The exponent's rounding, and a few more.
    ASSERT_NEAR(y.data<float>()[i], right, right * (std::abs(at) + 2) * 0x1p-23)
        << at;
  }
}

TEST(KernelElementwise, TakesSoftmaxOfRows) {
  for (const Shape& shape : std::vector<Shape>{
           {1, 1}, {5, 2}, {3, 4, 21}, {2, 1000}, {700, 17}, {4, 16}}) {
    const auto x = random_tensor(shape, kFloat, 10, -30, 30);
    const auto dy = random_tensor(shape, kFloat, 11);
    check_kernel(Softmax{}, {x}, kFunction);
    check_kernel(SoftmaxGradient{}, {dy, kernel_outputs(Softmax{}, {x})[0]},
                 kFunction);
  }
}

TEST(KernelElementwise, ExcitesChannelsByTheirMeans) {
  using enum ActivationKind;
  // Sums of up to 1152 products in other orders.
  constexpr double kSums = 1e-5;
  for (const auto& [samples, inputs, hidden, outputs] :
       std::vector<std::array<std::int64_t, 4>>{{1, 1, 1, 1},
                                                {2, 32, 8, 32},
                                                {7, 33, 3, 300},
                                                {5, 1152, 48, 1152},
                                                {3, 40, 270, 17},
                                                {4, 70, 1, 70},
                                                {2, 20, 1030, 9},
                                                {9, 64, 16, 64}}) {
    const auto x = random_tensor({samples, 1, 1, inputs}, kFloat, 21);
    const auto v = random_tensor({1, 1, inputs, hidden}, kFloat, 22, -0.2, 0.2);
    const auto b = random_tensor({hidden}, kFloat, 23);
    const auto w =
        random_tensor({1, 1, hidden, outputs}, kFloat, 24, -0.2, 0.2);
    const auto c = random_tensor({outputs}, kFloat, 25);
    const auto dy = random_tensor({samples, 1, 1, outputs}, kFloat, 26);
    for (const auto& [f, g] :
         std::vector<std::pair<ActivationKind, ActivationKind>>{
             {swish, sigmoid},
             {relu, sigmoid},
             {tanh, linear},
             {sigmoid, relu},
             {linear, tanh}}) {
      const Excitation operation{.hidden = f, .activation = g};
      check_kernel(operation, {x, v, b, w, c}, kSums);
      const auto known = kernel_outputs(operation, {x, v, b, w, c});
      check_kernel(ExcitationGradient{.hidden = f, .activation = g},
                   {dy, x, known[0], known[1], v, w}, kSums);
    }
  }
}

TEST(KernelElementwise, CastsAsBfloat16Rounds) {
  std::vector<Tensor> wide;
  std::vector<Tensor> narrow;
  for (const Shape& shape : kShapes) {
    wide.push_back(random_tensor(shape, kFloat, 15));
    narrow.push_back(random_tensor(shape, DType::bfloat16, 16));
  }
  // Halfway between two neighbours, infinite, too large, too small.
  using Limits = std::numeric_limits<float>;
  wide.push_back(repeated({1.0F + 0x1p-8F, 1.0F + 3 * 0x1p-8F, -1.0F - 0x1p-8F,
                           1.0F + 0x1p-8F + 0x1p-20F, Limits::max(),
                           -Limits::infinity(), Limits::denorm_min(), -0.0F}));
  check_kernel(Cast{.to = DType::bfloat16}, wide, 0);
  check_kernel(Cast{.to = kFloat}, narrow, 0);
  // No numbers, one of which is infinity but for its lower half.
  const Tensor nans =
      repeated({Limits::quiet_NaN(), std::bit_cast<float>(0x7F800001U)});
  const Tensor cast = kernel_outputs(Cast{.to = DType::bfloat16}, {nans})[0];
  for (const BFloat16 x : cast.values<BFloat16>()) EXPECT_TRUE(std::isnan(x));
  // More tensors than one launch takes.
  check_kernel(
      Cast{.to = kFloat},
      std::vector<Tensor>(300, random_tensor({5}, DType::bfloat16, 17)), 0);
}

TEST(KernelElementwise, FillsAndCounts) {
  check_kernel(Constant{.spec = {{3, 5}, kFloat}, .value = 0.25}, {}, 0);
  check_kernel(Constant{.spec = {{7}, DType::int64}, .value = -3}, {}, 0);
  check_kernel(Increment{}, {random_integers({1}, DType::int64, 12, 100)}, 0);
}

TEST(KernelElementwise, DropsWhatTheReferenceDrops) {
  const auto x = random_tensor({3, 5, 7, 11}, kFloat, 13);
  const auto draw = Tensor::from<std::int64_t>({5}, {77, 2, 10, 11, 900});
  for (const Shape& noise : std::vector<Shape>{{},
                                               {5, 7, 11},
                                               {1, 1, 1},
                                               {5, 1, 1},
                                               {1, 1, 11},
                                               {1, 7, 1},
                                               {5, 1, 11},
                                               {1, 7, 11},
                                               {5, 7, 1}}) {
    SCOPED_TRACE(to_string(noise));
    check_kernel(Dropout{.rate = 0.4, .operation = 5, .noise_shape = noise},
                 {x, draw}, 0);
  }
  // Rows of whole vectors, of halves of one, and of neither.
  for (const Shape& shape : std::vector<Shape>{
           {5, 4, 6, 8}, {3, 3, 5, 4}, {4, 1, 1, 6}, {1, 31, 17, 24}}) {
    check_kernel(Dropout{.rate = 0.4, .operation = 6, .noise_shape = {1, 1, 1}},
                 {random_tensor(shape, kFloat, 15),
                  random_integers({shape[0] + 2}, DType::int64, 16, 1000)},
                 0);
  }
  const auto big = random_tensor({2, 30000}, kFloat, 14);
  const auto keys = Tensor::from<std::int64_t>({4}, {77, 2, 10, 11});
  check_kernel(Dropout{.rate = 0.2, .operation = 5}, {big, keys}, 0);
}

TEST(KernelElementwise, RefusesDoublesByName) {
  const Tensor x({4}, DType::float64);
  try {
    kernel_outputs(Add{}, {x, x});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("add"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("float64"), std::string::npos);
  }
}

}  // namespace
}  // namespace lathe::graph
