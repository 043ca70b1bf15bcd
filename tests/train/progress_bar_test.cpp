#include "train/callbacks/progress_bar.h"

#include <gtest/gtest.h>

namespace lathe::train {
namespace {

TEST(ProgressBar, LooksLikeKeras) {
  const Logs logs{{"loss", 0.0338}, {"accuracy", 0.986}};
  EXPECT_EQ(progress_line({.step = 318,
                           .steps = 318,
                           .seconds = 44.2,
                           .steps_timed = 318,
                           .finished = true},
                          logs, 0),
            "318/318 ━━━━━━━━━━━━━━━━━━━━ 44s 139ms/step - accuracy: 0.9860 - "
            "loss: 0.0338");
}

TEST(ProgressBar, ShowsTheTimeStillToGo) {
  const std::string line = progress_line(
      {.step = 5, .steps = 20, .seconds = 10, .steps_timed = 5}, {}, 0);
  EXPECT_EQ(line, " 5/20 ━━━━━─────────────── 30s 2s/step");
}

TEST(ProgressBar, PutsValidationLastAndSmallNumbersInPowers) {
  const Logs logs{{"val_accuracy", 0.5}, {"loss", 0.00012}};
  const std::string line = progress_line(
      {.step = 1, .steps = 1, .seconds = 1, .steps_timed = 1}, logs, 0);
  EXPECT_NE(line.find("loss: 1.2000e-04 - val_accuracy: 0.5000"),
            std::string::npos)
      << line;
}

TEST(ProgressBar, FitsTheTerminal) {
  const Logs logs{{"loss", 0.5}, {"accuracy", 0.5}};
  const std::string line = progress_line(
      {.step = 1, .steps = 2, .seconds = 1, .steps_timed = 1}, logs, 30);
  std::size_t columns = 0;
  for (const char byte : line) columns += (byte & 0xC0) != 0x80 ? 1 : 0;
  EXPECT_EQ(columns, 30U);
}

TEST(ProgressBar, FormatsDurations) {
  EXPECT_EQ(format_duration(44.4), "44s");
  EXPECT_EQ(format_duration(75), "1:15");
  EXPECT_EQ(format_duration(3723), "1:02:03");
}

}  // namespace
}  // namespace lathe::train
