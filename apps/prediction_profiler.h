#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/compiler/profile.h"
#include "train/step_times.h"

namespace lathe::apps {

/// Measures up to 20 runs of the model that predicts, after some that run
/// plain, and writes of them what train::Profiler does of a training's steps.
/// The predictions are the same to the bit.
class PredictionProfiler {
 public:
  /// `plain`: so many runs are not measured.
  PredictionProfiler(std::filesystem::path trace, std::int64_t plain,
                     Peaks peaks);

  /// To be called before and after a batch of photographs is read: what is
  /// waited for.
  void begin_reading();
  void end_reading();
  /// Runs the model, in place of Executable::run().
  void run(Executable& executable);
  /// Prints tables and writes the trace.
  void report() const;

 private:
  std::filesystem::path trace_;
  std::int64_t plain_;
  Peaks peaks_;
  std::int64_t runs_ = 0;
  train::Span waiting_;
  const Executable* profiled_ = nullptr;
  std::optional<Profile> profile_;
  std::vector<train::StepTimes> steps_;
};

}  // namespace lathe::apps
