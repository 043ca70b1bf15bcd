#pragma once

#include <chrono>
#include <string>

#include "train/callback.h"

namespace lathe::train {

/// What a progress line says.
struct Progress {
  std::int64_t step = 0;
  std::int64_t steps = 0;
  double seconds = 0;  ///< since the epoch's (or the run's) first step here
  std::int64_t steps_timed = 0;  ///< steps done in these seconds
  bool finished = false;
};

/// Keras' line: "318/318 ━━━━━━━━━━━━━━━━━━━━ 44s 139ms/step - accuracy: 0.9860
/// - loss: 0.0338", the seconds being those still to go until it is finished.
/// Cut to `width` columns; 0 for no limit.
std::string progress_line(const Progress& progress, const Logs& logs,
                          std::int64_t width);

/// "44s", "12:03" or "1:02:03".
std::string format_duration(double seconds);

/// Shows the training on standard output: on a terminal a line redrawn at most
/// ten times a second, elsewhere one plain line an epoch.
class ProgressBar : public Callback {
 public:
  ProgressBar();
  void on_epoch_begin(Trainer& trainer, std::int64_t epoch, std::int64_t epochs,
                      std::int64_t steps) override;
  void on_step_end(Trainer& trainer, const StepReport& report) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;
  void on_train_end(Trainer& trainer) override;

 private:
  using Clock = std::chrono::steady_clock;

  void draw(const Progress& progress, const Logs& logs);
  // Why steps are slower than they could be.
  void say_once(const Trainer& trainer);

  bool terminal_;
  bool said_ = false;
  bool line_open_ = false;
  std::int64_t epoch_ = 0;
  std::int64_t epochs_ = 0;
  std::int64_t steps_timed_ = 0;
  Clock::time_point start_;
  Clock::time_point drawn_;
};

}  // namespace lathe::train
