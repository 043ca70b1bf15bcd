#include "train/callbacks/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "train/trainer.h"

namespace lathe::train {
namespace {

constexpr std::int64_t kBarCells = 20;

std::string format(const char* pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), pattern, value);
  return text;
}

std::string format_value(double value) {
  const double size = std::abs(value);
  return format(size < 1e-3 && size > 0 ? "%.4e" : "%.4f", value);
}

std::string repeat(const std::string& text, std::int64_t count) {
  std::string result;
  for (std::int64_t i = 0; i < count; ++i) result += text;
  return result;
}

std::int64_t terminal_width() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 80;
}

// Of text with one column a code point.
std::string cut(const std::string& text, std::int64_t width) {
  std::int64_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts && columns++ == width) return text.substr(0, i);
  }
  return text;
}

}  // namespace

std::string format_duration(double seconds) {
  const auto whole = static_cast<long long>(std::max(0.0, seconds) + 0.5);
  char text[64];
  if (whole < 60) {
    std::snprintf(text, sizeof(text), "%llds", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof(text), "%lld:%02lld", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof(text), "%lld:%02lld:%02lld", whole / 3600,
                  whole / 60 % 60, whole % 60);
  }
  return text;
}

std::string progress_line(const Progress& progress, const Logs& logs,
                          std::int64_t width) {
  const std::string total = std::to_string(progress.steps);
  std::string step = std::to_string(progress.step);
  step.insert(0, total.size() - std::min(total.size(), step.size()), ' ');
  const std::int64_t full =
      progress.steps == 0 ? 0 : kBarCells * progress.step / progress.steps;
  const std::string bar =
      repeat("\u2501", full) + repeat("\u2500", kBarCells - full);
  const double each =
      progress.steps_timed == 0
          ? 0
          : progress.seconds / static_cast<double>(progress.steps_timed);
  const double shown =
      progress.finished
          ? progress.seconds
          : each * static_cast<double>(progress.steps - progress.step);
  std::string line =
      step + "/" + total + " " + bar + " " + format_duration(shown) + " ";
  line += each >= 1      ? format("%.0fs/step", each)
          : each >= 1e-3 ? format("%.0fms/step", each * 1e3)
                         : format("%.0fus/step", each * 1e6);
  // As Keras has it: by name, those of the validation last.
  Logs sorted = logs;
  std::stable_sort(
      sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        const bool validation_a = a.first.starts_with("val_");
        const bool validation_b = b.first.starts_with("val_");
        return validation_a != validation_b ? validation_b : a.first < b.first;
      });
  for (const auto& [name, value] : sorted) {
    line += " - " + name + ": " + format_value(value);
  }
  return width > 0 ? cut(line, width) : line;
}

ProgressBar::ProgressBar() : terminal_(isatty(STDOUT_FILENO) != 0) {}

void ProgressBar::on_epoch_begin(Trainer&, std::int64_t epoch,
                                 std::int64_t epochs, std::int64_t) {
  epoch_ = epoch;
  epochs_ = epochs;
  steps_timed_ = 0;
  start_ = Clock::now();
  drawn_ = {};
  if (terminal_) {
    std::printf("Epoch %lld/%lld\n", static_cast<long long>(epoch),
                static_cast<long long>(epochs));
  }
}

void ProgressBar::draw(const Progress& progress, const Logs& logs) {
  const std::string line =
      progress_line(progress, logs, progress.finished ? 0 : terminal_width());
  std::printf("\r\033[K%s", line.c_str());
  std::fflush(stdout);
  line_open_ = true;
}

void ProgressBar::say_once(const Trainer& trainer) {
  const Executable* const step = trainer.step();
  if (said_ || step == nullptr || step->capture_failure().empty()) return;
  said_ = true;
  std::printf(
      "%sSteps are given to the GPU kernel by kernel, as they can't be "
      "recorded: %s\n",
      line_open_ ? "\n" : "", step->capture_failure().c_str());
  line_open_ = false;
}

void ProgressBar::on_step_end(Trainer& trainer, const StepReport& report) {
  ++steps_timed_;
  say_once(trainer);
  const auto now = Clock::now();
  if (!terminal_ || now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  draw({.step = report.step_of_epoch,
        .steps = report.steps_per_epoch,
        .seconds = std::chrono::duration<double>(now - start_).count(),
        .steps_timed = steps_timed_},
       report.logs);
}

void ProgressBar::on_epoch_end(Trainer&, const EpochReport& report) {
  const Progress progress{.step = report.steps,
                          .steps = report.steps,
                          .seconds = report.seconds,
                          .steps_timed = steps_timed_,
                          .finished = true};
  if (terminal_) {
    draw(progress, report.logs);
    std::printf("\n");
    line_open_ = false;
  } else {
    std::printf("Epoch %lld/%lld: %s\n", static_cast<long long>(epoch_),
                static_cast<long long>(epochs_),
                progress_line(progress, report.logs, 0).c_str());
  }
  std::fflush(stdout);
}

void ProgressBar::on_train_end(Trainer&) {
  if (line_open_) std::printf("\n");
  std::fflush(stdout);
}

}  // namespace lathe::train
