#pragma once

#include <filesystem>
#include <optional>

#include "core/compiler/profile.h"
#include "train/callback.h"
#include "train/step_times.h"

namespace lathe::train {

struct ProfilerOptions {
  /// Steps that run plain before, while threads and caches come to rest; at
  /// most half of what is left of the epoch.
  std::int64_t first = 3;
  /// Steps that are measured, or fewer where the epoch ends before.
  std::int64_t steps = 20;
  /// Those of the trainer's device, measured, where left out.
  std::optional<Peaks> peaks = {};
};

/// Measures some steps of a run, and at the end of their epoch prints what
/// Profile says of them and writes a trace. Comes last among callbacks that
/// print. The training's result is the same to the bit.
class Profiler : public Callback {
 public:
  explicit Profiler(std::filesystem::path trace, ProfilerOptions options = {});

  void on_epoch_begin(Trainer& trainer, std::int64_t epoch, std::int64_t epochs,
                      std::int64_t steps) override;
  void on_step_end(Trainer& trainer, const StepReport& report) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;
  void on_train_end(Trainer& trainer) override;

  /// What was measured, once it is.
  const std::optional<Profile>& profile() const { return profile_; }

 private:
  enum class State { waiting, measuring, done };

  void begin(Trainer& trainer);
  void finish(Trainer& trainer);

  std::filesystem::path trace_;
  ProfilerOptions options_;
  State state_ = State::waiting;
  std::int64_t plain_left_ = 0;
  std::optional<Profile> profile_;
};

/// Steps and their nodes in the Trace Event Format, which chrome://tracing and
/// ui.perfetto.dev open: a row each for steps, waiting for data, augmentation
/// and operations, whose events have types and shapes. `profile` is of these
/// steps.
std::string to_trace(const Profile& profile,
                     const std::vector<StepTimes>& steps);

/// Prints what `profile` says of these steps, and writes their trace.
void report(const Profile& profile, const std::vector<StepTimes>& steps,
            const std::filesystem::path& trace);

}  // namespace lathe::train
