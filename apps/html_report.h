#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/report_samples.h"
#include "apps/report_sections.h"
#include "train/callback.h"

namespace lathe::apps {

/// What a training amounts to by class, found out when it is done.
struct ClassResults {
  train::ConfusionCounts counts;
  /// PNG files that show more of it.
  std::vector<std::filesystem::path> pictures = {};
};

struct HtmlReportOptions {
  /// The run's, in which report.html will be.
  std::filesystem::path folder;
  /// The text of its run.json.
  std::string run;
  /// HTML that shows its augmentation, or nothing.
  std::string augmentation;
  std::vector<std::string> class_names;
  bool of_masks = false;
  std::function<std::vector<std::string>()> warnings;
};

/// Keeps report.html of a run up to date: written when it begins, after every
/// epoch and at the end, as one file that needs nothing else. A run that goes
/// on takes what it can't know from the file that is there. Comes last among
/// callbacks.
class HtmlReport : public train::Callback {
 public:
  /// `samples` is a callback that is called before this is.
  HtmlReport(HtmlReportOptions options, std::shared_ptr<ReportSamples> samples);

  void on_train_begin(train::Trainer& trainer) override;
  void on_epoch_begin(train::Trainer& trainer, std::int64_t epoch,
                      std::int64_t epochs, std::int64_t steps) override;
  void on_step_end(train::Trainer& trainer,
                   const train::StepReport& report) override;
  void on_epoch_end(train::Trainer& trainer,
                    const train::EpochReport& report) override;

  /// To be called after fit(): `state` is how it ended, in a word or two.
  void finish(const std::string& state,
              const std::optional<ClassResults>& results);

 private:
  void restore(const train::Trainer& trainer);
  void read_steps();
  void add_step(std::int64_t step, double loss, double milliseconds,
                double waiting, double learning_rate);
  void write(const std::string& state);
  std::string header(const std::string& state) const;

  HtmlReportOptions options_;
  std::string name_;  // the folder's
  std::shared_ptr<ReportSamples> samples_;
  std::vector<train::Logs> history_;
  StepCurves steps_;
  TimeSpent time_;
  std::string classes_;
  // Since the last step, or the last time that this was written.
  std::chrono::steady_clock::time_point last_;
};

}  // namespace lathe::apps
