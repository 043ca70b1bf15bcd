#include <gtest/gtest.h>

#include "core/compiler/executable.h"
#include "core/graph/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"

namespace lathe::graph {
namespace {

// Statistics of several sizes that move towards others.
struct Moving {
  Graph graph;
  Executable::Bindings bindings;
  ValueId count = kNoValue;
  std::vector<ValueId> moving;

  Moving() {
    count = graph.add_state("count", {{1}, DType::int64});
    bindings[count] = Tensor::from<std::int64_t>({1}, {2});
  }

  ValueId state(std::int64_t channels) {
    const ValueId id = graph.add_state("m", {{channels}, DType::float32});
    bindings[id] = testing::random_tensor({channels}, DType::float32,
                                          static_cast<std::uint64_t>(id));
    return id;
  }

  // Means and variances of a normalisation of so many channels.
  void move(std::int64_t channels, const MovingStatistics& operation = {}) {
    const ValueId mean = state(channels);
    const ValueId variance = state(channels);
    graph.add(operation,
              {count, mean, state(channels), variance, state(channels)});
    moving.push_back(mean);
    moving.push_back(variance);
  }

  std::size_t nodes() const {
    Graph copy = graph;
    join_moving_statistics(copy);
    return copy.nodes().size();
  }

  // What the statistics are after a step.
  std::vector<Tensor> moved(bool joined) const {
    Graph copy = graph;
    if (joined) join_moving_statistics(copy);
    Executable::Bindings own;
    for (const auto& [id, tensor] : bindings) own[id] = tensor.clone();
    Executable(copy, own, {.device = Device::reference}).run();
    std::vector<Tensor> results;
    for (const ValueId id : moving) results.push_back(own[id]);
    return results;
  }
};

TEST(JoinMovingStatistics, MovesThemByOneNode) {
  Moving network;
  for (const std::int64_t channels : {3, 17, 1}) network.move(channels);
  EXPECT_EQ(network.nodes(), 1U);
  const std::vector<Tensor> apart = network.moved(false);
  const std::vector<Tensor> joined = network.moved(true);
  for (std::size_t i = 0; i < apart.size(); ++i) {
    testing::expect_identical(joined[i], apart[i]);
  }
}

TEST(JoinMovingStatistics, KeepsOtherRatesApart) {
  Moving network;
  network.move(3);
  network.move(3, {.momentum = 0.5});
  network.move(3, {.warm_up = 9});
  network.move(3, {.momentum = 0.5});
  EXPECT_EQ(network.nodes(), 3U);
}

TEST(JoinMovingStatistics, LeavesWhatIsReadOrMovedOnceMore) {
  Moving read;
  read.move(3);
  read.move(3);
  read.graph.mark_output("mean", read.moving[0]);
  EXPECT_EQ(read.nodes(), 2U);

  Moving shared;
  shared.move(3);
  shared.move(3);
  shared.graph.add(MovingStatistics{},
                   {shared.count, shared.moving[0], shared.state(3)});
  EXPECT_EQ(shared.nodes(), 3U);

  Moving counting;
  counting.move(3);
  counting.graph.add(Increment{}, {counting.count});
  counting.move(3);
  EXPECT_EQ(counting.nodes(), 3U);
}

}  // namespace
}  // namespace lathe::graph
