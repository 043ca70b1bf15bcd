// What kernels do with other ranks, which here are this one's twin: every sum
// is twice its own.

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/compiler/backend.h"
#include "core/graph/operation.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::graph {
namespace {

using testing::expect_close;
using testing::random_tensor;
using testing::run_kernel;
using testing::signature_of;

constexpr auto kFloat = DType::float32;

class Twins final : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  int local_rank() const override { return 0; }
  int local_size() const override { return 2; }
  void all_reduce(std::span<float> values) override { twice(values); }
  void all_reduce(std::span<double> values) override { twice(values); }
  void all_reduce(std::span<std::int64_t> values) override { twice(values); }
  void all_gather(std::span<const std::byte>, std::span<std::byte>) override {}
  std::shared_ptr<Communicator> duplicate() override {
    return std::make_shared<Twins>();
  }
  [[noreturn]] void abort(int exit_code) override { std::_Exit(exit_code); }

 private:
  template <class T>
  static void twice(std::span<T> values) {
    for (T& value : values) value *= 2;
  }
};

std::vector<Tensor> outputs(const Operation& operation,
                            const std::vector<Tensor>& inputs) {
  const Signature signature = signature_of(operation, inputs);
  return run_kernel(make_kernel(Device::cuda, operation, signature), signature,
                    inputs);
}

TEST(CudaAllReduce, SumsEachValueInPlace) {
  const auto bucket =
      std::make_shared<ReductionBucket>(std::make_shared<Twins>());
  const std::vector<Tensor> values{random_tensor({3, 5}, kFloat, 1),
                                   random_tensor({7}, kFloat, 2)};
  const std::vector<Tensor> before{values[0].clone(), values[1].clone()};
  outputs(StartAllReduce{bucket}, values);
  outputs(WaitAllReduce{bucket}, values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::int64_t e = 0; e < values[i].elements(); ++e) {
      EXPECT_EQ(values[i].data<float>()[e], 2 * before[i].data<float>()[e]);
    }
  }
}

TEST(CudaAllReduce, CountsTheShareOfTargets) {
  const TargetShare share{std::make_shared<Twins>()};
  const Tensor ids({700, 1}, DType::uint8);
  ids.data<std::uint8_t>()[5] = 255;
  const Tensor ignored = Tensor::from<std::int32_t>({2, 1}, {-1, -1});
  const Tensor rows = Tensor::from<float>({3, 2}, {0, 0, 0.5, 0.5, 0, 1});
  EXPECT_EQ(outputs(share, {ids})[0].data<float>()[0], 0.5F);
  EXPECT_EQ(outputs(share, {ignored})[0].data<float>()[0], 0.0F);
  EXPECT_EQ(outputs(share, {rows})[0].data<float>()[0], 0.5F);
}

TEST(CudaAllReduce, NormalizesTwinsAsOne) {
  for (const std::int64_t channels : {3, 64}) {
    const Shape shape{2, 9, 7, channels};
    BatchNormalization operation{.activation = ActivationKind::swish};
    BatchNormalizationGradient gradient{.activation = ActivationKind::swish};
    const Tensor x = random_tensor(shape, kFloat, 1, -1, 3);
    const Tensor gamma = random_tensor({channels}, kFloat, 2, 0.5, 1.5);
    const Tensor beta = random_tensor({channels}, kFloat, 3);
    const Tensor dy = random_tensor(shape, kFloat, 4);
    // A batch and its twin have the statistics, and means of gradients, of one.
    const std::vector<Tensor> alone = outputs(operation, {x, gamma, beta});
    const std::vector<Tensor> inputs{dy, x, gamma, beta, alone[1], alone[2]};
    const std::vector<Tensor> alone_gradient = outputs(gradient, inputs);
    operation.ranks = gradient.ranks = std::make_shared<Twins>();
    const std::vector<Tensor> found = outputs(operation, {x, gamma, beta});
    const std::vector<Tensor> found_gradient = outputs(gradient, inputs);
    // Sums of the same numbers, doubled: no digit changes but in divisions.
    for (std::size_t i = 0; i < 3; ++i) {
      expect_close(found[i], alone[i], 1e-6, 1e-6);
      expect_close(found_gradient[i], alone_gradient[i], 1e-6, 1e-6);
    }
  }
}

}  // namespace
}  // namespace lathe::graph
