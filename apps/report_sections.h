#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "train/callback.h"
#include "train/metrics.h"
#include "train/report/step_series.h"

namespace lathe::apps {

// The parts of a run's report.html. Each is HTML, empty where there is nothing
// to tell.

/// Seconds that a run spent on its parts.
struct TimeSpent {
  enum Part : std::uint8_t { waiting, augmentation, step, validation, saving };
  std::array<double, 5> seconds{};

  double sum() const;
};

/// Numbers of the steps, for their curves.
struct StepCurves {
  train::StepSeries loss;
  train::StepSeries learning_rate;
  train::StepSeries milliseconds;
  train::StepSeries waiting;
};

/// The last value of the loss and of each metric, and the best one.
std::string number_tiles(const std::vector<train::Logs>& history);
/// The same as a table.
std::string number_table(const std::vector<train::Logs>& history);
/// Loss and metrics over the epochs, and over the steps what there is of them.
std::string curves(const std::vector<train::Logs>& history,
                   const StepCurves& steps);

std::string time_bar(const TimeSpent& time);
/// The times in a page that time_bar() is in; zeros where it is not.
TimeSpent time_in(std::string_view page);

/// Each option of a run.json's text with its value.
std::string options_list(const std::string& run);
/// The rest of it: model, machine and versions.
std::string facts_list(const std::string& run);
/// The options as a table in Markdown.
std::string options_markdown(const std::string& run);

std::string warnings_list(const std::vector<std::string>& warnings);

/// What became of each class: precision, recall, F1 and, for masks, IoU; and
/// which it was taken for.
std::string classes_tables(const train::ConfusionCounts& counts,
                           const std::vector<std::string>& class_names,
                           bool of_masks);

}  // namespace lathe::apps
