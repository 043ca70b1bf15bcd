// Runs that are recorded once and then started by one call.
#include <cuda_emulation/runtime.h>
#include <gtest/gtest.h>

#include "core/compiler/peaks.h"
#include "tests/cuda_emulation/trained.h"
#include "tests/support/temporary_folder.h"
#include "train/callbacks/profiler.h"
#include "train/callbacks/progress_bar.h"

namespace lathe {
namespace {

using cuda_emulation::Late;
using cuda_emulation::statistics;
using cuda_emulation::Statistics;

Statistics since(const Statistics& start) {
  return {.graphs = statistics().graphs - start.graphs,
          .replays = statistics().replays - start.replays};
}

// y = (x + w) * factor, and counts its runs.
struct Sum {
  explicit Sum(const std::shared_ptr<Arena>& arena, bool capture = true) {
    graph::Graph graph;
    const Shape shape{4};
    const auto x = graph.add_input("x", {shape, DType::float32});
    const auto w = graph.add_weight("w", {shape, DType::float32});
    const auto times = graph.add_state("factor", {{1}, DType::float32});
    const auto count = graph.add_state("count", {{1}, DType::int64});
    const auto y = graph.apply(graph::Multiply{},
                               {graph.apply(graph::Add{}, {x, w}), times});
    graph.mark_output("y", y);
    graph.add(graph::Increment{}, {count});
    executable.emplace(
        std::move(graph),
        Executable::Bindings{{w, weight}, {times, factor}, {count, runs}},
        CompileOptions{
            .device = Device::cuda, .arena = arena, .capture = capture});
  }

  float operator()(float x) {
    for (float& value : executable->input("x").values<float>()) value = x;
    executable->run();
    return executable->output("y").values<float>()[3];
  }

  Tensor weight = Tensor::from<float>({4}, {1, 1, 1, 1});
  Tensor factor = Tensor::from<float>({1}, {1});
  Tensor runs{{1}, DType::int64};
  std::optional<Executable> executable;
};

std::shared_ptr<Arena> arena() {
  return std::make_shared<Arena>(Device::cuda);
}

TEST(Capture, ReplaysReadWhatTheHostChanged) {
  const Statistics start = statistics();
  Sum sum(arena());
  EXPECT_EQ(sum(1), 2);
  EXPECT_EQ(since(start).graphs, 0);
  EXPECT_EQ(sum(2), 3);
  EXPECT_EQ(sum(3), 4);
  sum.weight.values<float>()[3] = 10;
  EXPECT_EQ(sum(3), 13);
  sum.factor.values<float>()[0] = 2;
  EXPECT_EQ(sum(3), 26);
  EXPECT_EQ(since(start).graphs, 1);
  EXPECT_EQ(since(start).replays, 4);
  EXPECT_EQ(sum.runs.values<std::int64_t>()[0], 5);
}

TEST(Capture, IsMadeAnewWhereMemoryMoved) {
  const auto shared = arena();
  Sum sum(shared);
  for (int i = 0; i < 3; ++i) sum(1);
  const Statistics start = statistics();
  shared->reserve(shared->bytes() + 1000);
  EXPECT_EQ(sum(4), 5);
  EXPECT_EQ(sum(5), 6);
  EXPECT_EQ(since(start).graphs, 1);
  EXPECT_EQ(since(start).replays, 2);
  EXPECT_EQ(sum.runs.values<std::int64_t>()[0], 5);
}

// One by one, each kernel between two events.
TEST(Capture, IsPutAsideForARunThatIsMeasured) {
  const Statistics start = statistics();
  Sum sum(arena());
  for (int i = 0; i < 3; ++i) sum(1);
  for (float& value : sum.executable->input("x").values<float>()) value = 7;
  const std::vector<NodeTime> times = sum.executable->measure();
  EXPECT_EQ(sum.executable->output("y").values<float>()[3], 8);
  ASSERT_EQ(times.size(), 3U);
  // A kernel takes a millisecond, and each of these nodes has one.
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(times[i].start, static_cast<double>(i));
    EXPECT_EQ(times[i].milliseconds, 1);
  }
  EXPECT_EQ(sum(2), 3);
  EXPECT_EQ(since(start).graphs, 1);
  EXPECT_EQ(since(start).replays, 3);
  EXPECT_EQ(sum.runs.values<std::int64_t>()[0], 5);
}

TEST(Capture, GivesWhatAProfiledRunDoes) {
  const testing::TemporaryFolder folder;
  const testing::LabelSet data = testing::large_batches();
  const auto profiler = std::make_shared<train::Profiler>(
      folder.path() / "trace.json",
      train::ProfilerOptions{.first = 1, .steps = 2, .peaks = Peaks{1, 1}});
  const auto profiled = testing::everything_on();
  ::testing::internal::CaptureStdout();
  profiled->fit(data,
                {.epochs = 2, .validation = &data, .callbacks = {profiler}});
  ::testing::internal::GetCapturedStdout();
  ASSERT_TRUE(profiler->profile());
  EXPECT_EQ(profiler->profile()->runs(), 2U);
  testing::expect_same(*testing::trained_with_everything(), *profiled);
}

TEST(Peaks, AreMeasuredOnAGpu) {
  const Peaks peaks = measure_peaks(Device::cuda, Precision::bf16, 64);
  // In a millisecond.
  EXPECT_DOUBLE_EQ(peaks.flops, 2 * 64 * 64 * 64 / 1e-3);
  EXPECT_DOUBLE_EQ(peaks.bytes, 3 * 2 * 64 * 64 / 1e-3);
}

TEST(Capture, IsAnOption) {
  const Statistics start = statistics();
  Sum sum(arena(), false);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sum(1), 2);
  EXPECT_EQ(since(start).replays, 0);
  EXPECT_EQ(sum.executable->capture_failure(), "");
}

TEST(Capture, IsDoneWithoutWhereItCantBe) {
  const Statistics start = statistics();
  cuda_emulation::spoil_recordings(true);
  Sum sum(arena());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(sum(1), 2);
  cuda_emulation::spoil_recordings(false);
  EXPECT_EQ(sum(2), 3);
  EXPECT_EQ(since(start).replays, 0);
  EXPECT_EQ(sum.runs.values<std::int64_t>()[0], 4);
  EXPECT_NE(sum.executable->capture_failure().find("during capture"),
            std::string::npos)
      << sum.executable->capture_failure();
}

TEST(Capture, ThatFailsIsSaidOnce) {
  cuda_emulation::spoil_recordings(true);
  ::testing::internal::CaptureStdout();
  testing::everything_on()->fit(
      testing::LabelSet(40, 6, 4),
      {.epochs = 1, .callbacks = {train::ProgressBar()}});
  const std::string said = ::testing::internal::GetCapturedStdout();
  cuda_emulation::spoil_recordings(false);
  const std::string words = "kernel by kernel";
  const std::size_t first = said.find(words);
  ASSERT_NE(first, std::string::npos) << said;
  EXPECT_EQ(said.find(words, first + 1), std::string::npos) << said;
}

TEST(Capture, IsOfAllStepsAfterTheFirst) {
  const Statistics start = statistics();
  testing::trained_with_everything();
  // Of six steps and as many batches of validation.
  EXPECT_EQ(since(start).replays, 10);
  EXPECT_EQ(since(start).graphs, 2);
}

// What should wait for another stream, or for the device, does.
TEST(Capture, GivesTheSameWhicheverStreamLagsBehind) {
  const auto prompt = testing::trained_with_everything();
  for (const Late late : {Late::first, Late::others}) {
    cuda_emulation::set_late(late);
    const auto lagging = testing::trained_with_everything();
    cuda_emulation::set_late(Late::none);
    testing::expect_same(*prompt, *lagging);
  }
}

}  // namespace
}  // namespace lathe
