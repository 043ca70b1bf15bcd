#include "train/callbacks/profiler.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "augment/random_flip.h"
#include "layers/layer.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/small_unet.h"
#include "train/data/scene_set.h"
#include "train/extended_model.h"

namespace lathe::train {
namespace {

constexpr Peaks kPeaks{.flops = 1e11, .bytes = 1e10};

std::unique_ptr<ExtendedModel> train(std::vector<AnyCallback> callbacks,
                                     std::int64_t samples) {
  auto trainer = std::make_unique<ExtendedModel>(
      small_unet(32), augment::Pipeline{augment::RandomFlip{"horizontal"}},
      TrainerOptions{.seed = 4});
  const SceneSet data({.size = {32, 32}, .count = samples, .batch_size = 4});
  ::testing::internal::CaptureStdout();
  trainer->fit(data, {.epochs = 2, .callbacks = std::move(callbacks)});
  ::testing::internal::GetCapturedStdout();
  return trainer;
}

nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

// The events of each row, by the row's name.
std::map<std::string, std::vector<nlohmann::json>> rows_of(
    const nlohmann::json& trace) {
  std::map<int, std::string> names;
  std::map<std::string, std::vector<nlohmann::json>> rows;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("ph") == "M") {
      if (event.at("name") == "thread_name") {
        names[event.at("tid")] = event.at("args").at("name");
      }
    } else {
      EXPECT_EQ(event.at("ph"), "X");
      rows[names.at(event.at("tid"))].push_back(event);
    }
  }
  return rows;
}

TEST(Profiler, WritesATraceWhoseEventsLieInSteps) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "new folder" / "trace.json";
  const auto profiler = std::make_shared<Profiler>(
      path, ProfilerOptions{.first = 3, .steps = 2, .peaks = kPeaks});
  train({profiler}, 28);
  ASSERT_TRUE(profiler->profile());
  const Profile& profile = *profiler->profile();
  EXPECT_EQ(profile.runs(), 2U);

  auto rows = rows_of(read_json(path));
  ASSERT_EQ(rows["steps"].size(), 2U);
  EXPECT_EQ(rows["steps"][0].at("name"), "step 4");
  EXPECT_EQ(rows["steps"][1].at("name"), "step 5");
  EXPECT_EQ(rows["waiting for data"].size(), 2U);
  EXPECT_EQ(rows["augmentation"].size(), 2U);
  ASSERT_EQ(rows["operations"].size(), 2 * profile.nodes().size());
  EXPECT_EQ(rows["operations"][0].at("name"), profile.nodes()[0].name);
  EXPECT_EQ(rows["operations"][0].at("args").at("inputs"),
            profile.nodes()[0].inputs);

  double operations = 0;
  // What it takes to write a double as text and read it.
  constexpr double kMicroseconds = 1e-6;
  for (const auto& [name, events] : rows) {
    for (const auto& event : events) {
      const double start = event.at("ts");
      const double end = start + event.at("dur").get<double>();
      const bool nested = std::any_of(
          rows["steps"].begin(), rows["steps"].end(), [&](const auto& step) {
            const double begin = step.at("ts");
            return start >= begin - kMicroseconds &&
                   end <= begin + step.at("dur").template get<double>() +
                              kMicroseconds;
          });
      EXPECT_TRUE(nested) << event;
      if (name == "operations") operations += end - start;
    }
  }
  EXPECT_NEAR(operations, 1000 * 2 * profile.milliseconds(), 1e-6 * operations);
}

TEST(Profiler, ChangesNoBit) {
  const testing::TemporaryFolder folder;
  const auto profiled =
      train({Profiler(folder.path() / "trace.json",
                      {.first = 1, .steps = 3, .peaks = kPeaks})},
            28);
  const auto plain = train({}, 28);
  EXPECT_EQ(profiled->position().history, plain->position().history);
  const auto left = profiled->model().weights();
  const auto right = plain->model().weights();
  for (std::size_t i = 0; i < left.size(); ++i) {
    testing::expect_identical(left[i].tensor, right[i].tensor);
  }
}

TEST(Profiler, MeasuresTheLaterHalfOfAShortEpoch) {
  const testing::TemporaryFolder folder;
  for (const auto& [samples, measured] :
       std::map<std::int64_t, std::size_t>{{4, 1}, {8, 1}, {20, 3}}) {
    const auto profiler = std::make_shared<Profiler>(
        folder.path() / "trace.json", ProfilerOptions{.peaks = kPeaks});
    const auto trainer = train({profiler}, samples);
    ASSERT_TRUE(profiler->profile()) << samples;
    EXPECT_EQ(profiler->profile()->runs(), measured);
    // It is over with the first epoch.
    EXPECT_TRUE(trainer->measured_steps().empty());
  }
}

}  // namespace
}  // namespace lathe::train
