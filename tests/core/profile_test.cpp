#include "core/compiler/profile.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/compare.h"

namespace lathe {
namespace {

constexpr std::int64_t kElements = 1000;

// y = (x + x) (x + x) + (x + x)
std::unique_ptr<Executable> small_executable() {
  graph::Graph graph;
  const auto x = graph.add_input("x", {{kElements}, DType::float32});
  const auto sum = graph.apply(graph::Add{}, {x, x}, "first");
  const auto product = graph.apply(graph::Multiply{}, {sum, sum}, "product");
  graph.mark_output("y", graph.apply(graph::Add{}, {product, sum}, "last/sum"));
  auto executable =
      std::make_unique<Executable>(std::move(graph), Executable::Bindings{},
                                   CompileOptions{.disabled_passes = {}});
  for (float& value : executable->input("x").values<float>()) value = 3;
  return executable;
}

TEST(Profile, AMeasuredRunGivesWhatARunDoes) {
  const auto executable = small_executable();
  executable->run();
  const Tensor expected = executable->output("y").clone();
  for (float& value : executable->output("y").values<float>()) value = 0;
  const std::vector<NodeTime> times = executable->measure();
  testing::expect_identical(executable->output("y"), expected);
  ASSERT_EQ(times.size(), executable->graph().nodes().size());
  double end = 0;
  for (const NodeTime& time : times) {
    EXPECT_GE(time.milliseconds, 0);
    // One after the other, with nothing between.
    EXPECT_DOUBLE_EQ(time.start, end);
    end = time.start + time.milliseconds;
  }
}

TEST(Profile, SumsUpByOperationAndComparesWithTheRoofline) {
  const auto executable = small_executable();
  ASSERT_EQ(executable->graph().nodes().size(), 3U);
  // A sum of a thousand floats moves 12 kB, in a microsecond at best.
  Profile profile(*executable, {.flops = 1e12, .bytes = 12e9});
  profile.add({{0, 1}, {1, 2}, {3, 4}});
  profile.add({{0, 3}, {3, 2}, {5, 0}});
  EXPECT_EQ(profile.runs(), 2U);
  EXPECT_DOUBLE_EQ(profile.milliseconds(), 6);
  EXPECT_EQ(profile.nodes()[2].name, "last/sum");
  EXPECT_EQ(profile.nodes()[2].inputs, "float32 (1000), float32 (1000)");
  EXPECT_EQ(profile.nodes()[2].output, "(1000)");
  EXPECT_DOUBLE_EQ(profile.nodes()[2].milliseconds, 4);
  const std::string table = profile.table(2);
  SCOPED_TRACE(table);
  // The lines' words, without the blanks that align them.
  const auto has = [&](const std::vector<std::string>& words) {
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream rest(line);
      std::vector<std::string> found;
      for (std::string word; rest >> word;) found.push_back(word);
      if (found == words) return true;
    }
    return false;
  };
  EXPECT_NE(table.find("1000.0 GFLOP/s and 12.0 GB/s"), std::string::npos);
  EXPECT_TRUE(has({"add", "2", "4.000", "66.7%", "0.0", "0.0", "0%"}));
  EXPECT_TRUE(has({"multiply", "1", "2.000", "33.3%", "0.0", "0.0", "0%"}));
  EXPECT_TRUE(has({"all", "3", "6.000", "100.0%", "0.0", "0.0", "0%"}));
  EXPECT_TRUE(has({"first", "(1000)", "2.000", "33.3%", "0.0", "0.0", "0%"}));
  // The third in line.
  EXPECT_EQ(table.find("last/sum"), std::string::npos);

  Profile fast(*executable, {.flops = 1e12, .bytes = 12e9});
  fast.add({{0, 0.002}, {0.002, 0.002}, {0.004, 0.004}});
  SCOPED_TRACE(fast.table());
  EXPECT_NE(fast.table().find("6.0       50%"), std::string::npos);
  EXPECT_NE(fast.table().find("3.0       25%"), std::string::npos);
}

TEST(Profile, RefusesTimesOfAnotherExecutable) {
  EXPECT_THROW(Profile(*small_executable()).add({{0, 1}}), Error);
}

// Any machine that builds this does more, and none of its caches is faster than
// that.
TEST(Peaks, AreMeasured) {
  const Peaks peaks = measure_peaks(Device::cpu);
  EXPECT_GT(peaks.flops, 1e8);
  EXPECT_GT(peaks.bytes, 1e8);
  EXPECT_LT(peaks.bytes, 1e13);
}

}  // namespace
}  // namespace lathe
