#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/tensor.h"

namespace lathe::testing {

/// A graph of float64 values under construction, with what its inputs hold.
class TestGraph {
 public:
  explicit TestGraph(std::uint64_t seed = 1) : seed_(seed) {}

  /// A value of random numbers in [low, high) whose gradient will be checked.
  graph::ValueId vary(Shape shape, double low = -1, double high = 1);
  /// A value that holds this tensor and has no gradient.
  graph::ValueId fix(const Tensor& tensor);
  graph::ValueId apply(graph::Operation operation,
                       std::vector<graph::ValueId> inputs) {
    return graph.apply(std::move(operation), std::move(inputs));
  }

  graph::Graph graph;
  std::map<graph::ValueId, Tensor> given;
  std::vector<graph::ValueId> varied;

 private:
  std::uint64_t seed_;
};

/// Checks on the reference that differentiate() agrees with central
/// differences: for the sum of `y` times random numbers, with regard to every
/// element of every value that varies.
void check_gradients(TestGraph test, graph::ValueId y);

/// A graph to check, for tables of them; build() returns its result.
struct GradientCase {
  std::string name;
  std::function<graph::ValueId(TestGraph&)> build;
};

std::ostream& operator<<(std::ostream& out, const GradientCase& test);
void check_gradients(const GradientCase& test);

}  // namespace lathe::testing
