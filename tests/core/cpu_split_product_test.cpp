// Products in float32 as three of bfloat16, and the kernels that are made of
// them.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/cpu/convolution.h"
#include "core/cpu/convolution_epilogue.h"
#include "core/cpu/expanded_convolution.h"
#include "core/cpu/split_product.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/reference/kernels.h"
#include "tests/core/convolution_check.h"
#include "tests/core/convolution_shape.h"
#include "tests/core/kernel_check.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::cpu {
namespace {

using testing::ConvolutionCase;
using testing::kFloat;
using testing::kOne;
using testing::kTwo;
using testing::random_tensor;
using testing::shape_of;
using testing::window;

#define SKIP_WITHOUT_TILES()                                                \
  if (!SplitProduct::serves(16, 16, 16)) {                                  \
    GTEST_SKIP() << "the processor has no tiles, or the system keeps them"; \
  }                                                                         \
  static_assert(true)

// Each is off by 3e-6 of the results' standard deviation, so the worst of some
// thousands by four times that, where the largest is four deviations itself.
constexpr double kTolerance = 1e-5;

struct Problem {
  std::int64_t rows;
  std::int64_t inner;
  std::int64_t columns;
  bool transposed;
  bool starts;
  bool adds;
};

// Fails unless the product is that of double precision but for what is left of
// the factors, 2^-16 of each at the most, and the product of both lower parts.
void check(const Problem& p) {
  SCOPED_TRACE(::testing::Message()
               << p.rows << " rows of " << p.inner << ", " << p.columns
               << (p.transposed ? " columns, transposed" : " columns"));
  const Tensor a = random_tensor({p.rows, p.inner}, kFloat, 1);
  const Tensor b = random_tensor({p.inner, p.columns}, kFloat, 2);
  const Tensor start = random_tensor({p.columns}, kFloat, 3);
  const Tensor r = random_tensor({p.rows, p.columns}, kFloat, 4);
  const SplitProduct product(p.inner, p.columns);
  // What they don't write is no number.
  std::vector<BFloat16> arranged(static_cast<std::size_t>(product.b_elements()),
                                 BFloat16(NAN));
  std::vector<BFloat16> workspace(
      static_cast<std::size_t>(product.workspace_elements()), BFloat16(NAN));
  for (std::int64_t part = 0; part < product.parts(); ++part) {
    product.arrange(part, b.data<float>(), p.transposed, arranged.data());
  }
  const auto count = static_cast<std::size_t>(p.rows * p.columns);
  std::vector<float> c(count + 1, NAN);
  product.run({.rows = p.rows,
               .a = a.data<float>(),
               .b = arranged.data(),
               .start = p.starts ? start.data<float>() : nullptr,
               .r = p.adds ? r.data<float>() : nullptr,
               .c = c.data()},
              workspace.data());
  ASSERT_TRUE(std::isnan(c[count])) << "written behind the end";
  double errors = 0;
  double squares = 0;
  for (std::int64_t i = 0; i < p.rows; ++i) {
    for (std::int64_t j = 0; j < p.columns; ++j) {
      double sum = 0;
      double magnitude = 0;
      for (std::int64_t k = 0; k < p.inner; ++k) {
        const double term =
            double{a.data<float>()[i * p.inner + k]} *
            b.data<float>()[p.transposed ? j * p.inner + k : k * p.columns + j];
        sum += term;
        magnitude += std::abs(term);
      }
      squares += sum * sum;
      if (p.starts) sum += start.data<float>()[j];
      if (p.adds) sum += r.data<float>()[i * p.columns + j];
      const double error = c[static_cast<std::size_t>(i * p.columns + j)] - sum;
      ASSERT_LE(std::abs(error), 3 * 0x1p-16 * magnitude + 1e-5)
          << i << ", " << j;
      errors += error * error;
    }
  }
  EXPECT_LE(std::sqrt(errors / squares), 5e-6);
}

// Whole tiles and parts of them, one beside or below the other or alone;
// numbers of pairs that need zeros behind them.
TEST(CpuSplitProduct, IsThatOfFloat32ToSeventeenBits) {
  SKIP_WITHOUT_TILES();
  for (const auto& [rows, inner, columns] :
       {std::tuple{32, 32, 32}, std::tuple{16, 8, 16}, std::tuple{33, 33, 33},
        std::tuple{1, 100, 40}, std::tuple{70, 17, 24}, std::tuple{48, 65, 8},
        std::tuple{31, 480, 80}, std::tuple{98, 144, 100}}) {
    for (const bool transposed : {false, true}) {
      check({rows, inner, columns, transposed, transposed, false});
      check({rows, inner, columns, transposed, true, true});
    }
  }
}

TEST(CpuSplitProduct, HidesNoDivergence) {
  SKIP_WITHOUT_TILES();
  const SplitProduct product(16, 16);
  std::vector<BFloat16> arranged(
      static_cast<std::size_t>(product.b_elements()));
  std::vector<BFloat16> workspace(
      static_cast<std::size_t>(product.workspace_elements()));
  const std::vector<float> b(256, 1.0F);
  product.arrange(0, b.data(), false, arranged.data());
  for (const float value : {NAN, INFINITY}) {
    std::vector<float> a(256, 1.0F);
    a[5 * 16 + 3] = value;
    std::vector<float> c(256);
    product.run(
        {.rows = 16, .a = a.data(), .b = arranged.data(), .c = c.data()},
        workspace.data());
    for (std::size_t i = 0; i < c.size(); ++i) {
      EXPECT_EQ(std::isfinite(c[i]), i / 16 != 5) << value << " at " << i;
    }
  }
}

TEST(CpuSplitProduct, LeavesWhatIsSmall) {
  EXPECT_FALSE(SplitProduct::serves(15, 16, 16));
  EXPECT_FALSE(SplitProduct::serves(16, 7, 16));
  EXPECT_FALSE(SplitProduct::serves(16, 16, 7));
  const ConvolutionCase entry{{2, 8, 8, 16}, window({1, 1}), 16};
  EXPECT_FALSE(has_split_products(shape_of(entry, DType::bfloat16)));
  EXPECT_FALSE(has_split_products(
      shape_of({{2, 8, 8, 16}, window({3, 3}, {}, kOne), 16}, kFloat)));
}

// The same as the reference's, and the same bits with one thread and with two.
void check_kernels(const graph::Operation& operation,
                   const std::vector<Tensor>& inputs,
                   const std::function<Kernel()>& make) {
  const Signature signature = testing::signature_of(operation, inputs);
  const auto expected = testing::run_kernel(
      reference::make_kernel(operation, signature), signature, inputs);
  const int threads = thread_count();
  std::vector<std::vector<Tensor>> results;
  for (const int count : {1, 2}) {
    set_thread_count(count);
    results.push_back(testing::run_kernel(make(), signature, inputs));
  }
  set_thread_count(threads);
  testing::expect_like(results[0], expected, kTolerance);
  testing::expect_identical_all(results[1], results[0], 1);
}

void check_directions(const ConvolutionCase& entry,
                      std::optional<SampleBias> sample_bias,
                      const Epilogue& epilogue) {
  const auto shape = shape_of(entry, kFloat);
  SCOPED_TRACE(concat(entry.x, " to ", entry.filters));
  ASSERT_TRUE(has_split_products(shape));
  const std::int64_t batch = entry.x[0];
  const Shape weights = sample_bias
                            ? Shape{batch, 1, 1, entry.x[3], entry.filters}
                            : Shape{1, 1, entry.x[3], entry.filters};
  const auto inputs_for = [&](const Shape& from, const Shape& to) {
    std::vector<Tensor> inputs{random_tensor(from, kFloat, 1),
                               random_tensor(weights, kFloat, 2)};
    if (epilogue.bias) {
      inputs.push_back(random_tensor(sample_bias == SampleBias::own
                                         ? Shape{batch, 1, 1, to[3]}
                                         : Shape{to[3]},
                                     kFloat, 3));
    }
    if (epilogue.residual) inputs.push_back(random_tensor(to, kFloat, 4));
    return inputs;
  };
  check_kernels(graph::Convolution{.window = entry.window,
                                   .filters = entry.filters,
                                   .activation = epilogue.activation,
                                   .residual = epilogue.residual},
                inputs_for(entry.x, shape.result_shape()), [&] {
                  return split_convolution(shape, sample_bias, epilogue);
                });
  check_kernels(
      graph::ConvolutionInputGradient{.window = entry.window,
                                      .channels = entry.x[3],
                                      .image = shape.image,
                                      .activation = epilogue.activation,
                                      .residual = epilogue.residual},
      inputs_for(shape.result_shape(), entry.x),
      [&] { return split_input_gradient(shape, sample_bias, epilogue); });
}

// Pixels of whole pieces and not, of several tasks and of less than one.
TEST(CpuSplitProduct, ComputesConvolutionsOfSinglePixels) {
  SKIP_WITHOUT_TILES();
  using enum graph::ActivationKind;
  for (const ConvolutionCase& entry :
       {ConvolutionCase{{3, 14, 14, 24}, window({1, 1}), 144},
        ConvolutionCase{{2, 7, 7, 160}, window({1, 1}), 40},
        ConvolutionCase{{1, 4, 5, 9}, window({1, 1}), 33}}) {
    check_directions(entry, {}, {});
    check_directions(entry, {}, {.bias = true, .activation = swish});
    check_directions(entry, {}, {.residual = true, .activation = relu});
    check_directions(entry, SampleBias::none, {});
    check_directions(entry, SampleBias::shared,
                     {.bias = true, .residual = true});
    check_directions(entry, SampleBias::own,
                     {.bias = true, .activation = sigmoid});
  }
}

TEST(CpuSplitProduct, ExpandsLines) {
  SKIP_WITHOUT_TILES();
  for (const auto& [x, channels, depthwise] :
       {std::tuple{Shape{2, 14, 17, 24}, 144, window({3, 3}, {}, kOne)},
        std::tuple{Shape{1, 37, 40, 40}, 100, window({5, 5}, {2, 2}, kTwo)}}) {
    SCOPED_TRACE(to_string(x));
    const std::int64_t size = depthwise.kernel.height;
    const graph::ExpandedConvolution operation{
        .window = depthwise,
        .expansion = graph::ActivationKind::swish,
        .activation = graph::ActivationKind::swish};
    const std::vector<Tensor> inputs{
        random_tensor(x, kFloat, 1),
        random_tensor({1, 1, x[3], channels}, kFloat, 2),
        random_tensor({channels}, kFloat, 3),
        random_tensor({size, size, channels, 1}, kFloat, 4)};
    const Signature signature = testing::signature_of(operation, inputs);
    check_kernels(operation, inputs, [&] {
      return expanded_convolution(operation, signature, true);
    });
  }
}

}  // namespace
}  // namespace lathe::cpu
