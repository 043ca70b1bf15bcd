#pragma once

#include <string>
#include <vector>

#include "train/metrics.h"

namespace lathe::train {

struct ClassScores {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  /// The samples whose true class it is.
  std::int64_t support = 0;
};

/// What scikit-learn's classification_report tells: of each class precision,
/// the share of the samples taken for it that are of it; recall, the share of
/// its samples that were taken for it; F1, their harmonic mean. A share of
/// nothing is 0.
struct ClassReport {
  std::vector<ClassScores> classes;
  double accuracy = 0;
  /// The mean over the classes that occur, in truth or prediction; by class and
  /// by sample.
  ClassScores macro_average;
  ClassScores weighted_average;
};

ClassReport class_report(const ConfusionCounts& counts);

/// As a table in columns, a class a line, for people.
std::string class_report_table(const ClassReport& report,
                               const std::vector<std::string>& class_names);
/// As CSV: class,precision,recall,f1,support, a class a row, then the rows
/// "accuracy" (in the column f1), "macro avg" and "weighted avg".
std::string class_report_csv(const ClassReport& report,
                             const std::vector<std::string>& class_names);

}  // namespace lathe::train
