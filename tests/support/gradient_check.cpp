#include "tests/support/gradient_check.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/graph/gradient.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::testing {
namespace {

using graph::ValueId;

// With values and derivatives near 1, a central difference in double errs by
// kStep^2 for its truncation and by 1e-16 / kStep for its rounding: 1e-10 in
// all. A wrong rule errs by far more than kTolerance.
constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-7;
constexpr std::uint64_t kProjectionSeed = 1000;

double run(const graph::Graph& graph, const std::map<ValueId, Tensor>& given,
           ValueId loss) {
  return run_graph(graph, Device::reference, given).at(loss).data<double>()[0];
}

}  // namespace

ValueId TestGraph::vary(Shape shape, double low, double high) {
  const ValueId id = graph.add_weight(concat("varied ", varied.size()),
                                      {shape, DType::float64});
  given[id] = random_tensor(shape, DType::float64, ++seed_, low, high);
  varied.push_back(id);
  return id;
}

ValueId TestGraph::fix(const Tensor& tensor) {
  const ValueId id =
      graph.add_input(concat("fixed ", given.size()), tensor.spec());
  given[id] = tensor;
  return id;
}

void check_gradients(TestGraph test, ValueId y) {
  const ValueId projection = test.fix(random_tensor(
      test.graph.shape(y), DType::float64, kProjectionSeed, 0.5, 1.5));
  const ValueId loss =
      test.apply(graph::ReduceSum{.target = {1}},
                 {test.apply(graph::Multiply{}, {y, projection})});
  graph::Graph both = test.graph;
  const auto gradients = graph::differentiate(both, loss, test.varied);
  const auto computed = run_graph(both, Device::reference, test.given);
  for (std::size_t v = 0; v < test.varied.size(); ++v) {
    SCOPED_TRACE(test.graph.value(test.varied[v]).name);
    const Tensor& tensor = test.given.at(test.varied[v]);
    const Tensor expected(tensor.shape(), DType::float64);
    for (std::size_t i = 0; i < tensor.values<double>().size(); ++i) {
      double& element = tensor.values<double>()[i];
      const double middle = element;
      element = middle + kStep;
      const double above = run(test.graph, test.given, loss);
      element = middle - kStep;
      const double below = run(test.graph, test.given, loss);
      element = middle;
      expected.values<double>()[i] = (above - below) / (2 * kStep);
    }
    EXPECT_GT(largest(expected), 0) << "nothing depends on it";
    expect_close(computed.at(gradients[v]), expected, kTolerance, kTolerance);
  }
}

std::ostream& operator<<(std::ostream& out, const GradientCase& test) {
  return out << test.name;
}

void check_gradients(const GradientCase& test) {
  TestGraph graph;
  const ValueId y = test.build(graph);
  check_gradients(std::move(graph), y);
}

}  // namespace lathe::testing
