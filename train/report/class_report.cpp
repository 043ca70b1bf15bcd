#include "train/report/class_report.h"

#include <algorithm>

#include "core/error.h"
#include "train/data/csv.h"
#include "train/report/text.h"

namespace lathe::train {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

void add(ClassScores& sum, const ClassScores& scores, double weight) {
  sum.precision += weight * scores.precision;
  sum.recall += weight * scores.recall;
  sum.f1 += weight * scores.f1;
}

void require_names(const ClassReport& report,
                   const std::vector<std::string>& class_names) {
  if (class_names.size() != report.classes.size()) {
    fail("class report: ", class_names.size(), " names for ",
         report.classes.size(), " classes");
  }
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t length = letters(text);
  return std::string(width - std::min(width, length), ' ') + text;
}

}  // namespace

ClassReport class_report(const ConfusionCounts& counts) {
  const std::int64_t classes = counts.classes();
  ClassReport report;
  report.classes.resize(static_cast<std::size_t>(classes));
  std::int64_t samples = 0;
  std::int64_t right = 0;
  std::int64_t occurring = 0;
  for (std::int64_t i = 0; i < classes; ++i) {
    ClassScores& scores = report.classes[static_cast<std::size_t>(i)];
    std::int64_t predicted = 0;
    for (std::int64_t j = 0; j < classes; ++j) {
      scores.support += counts.at(i, j);
      predicted += counts.at(j, i);
    }
    const std::int64_t both = counts.at(i, i);
    scores.precision = share(both, predicted);
    scores.recall = share(both, scores.support);
    scores.f1 = share(2 * both, scores.support + predicted);
    samples += scores.support;
    right += both;
    occurring += scores.support + predicted > 0 ? 1 : 0;
  }
  report.accuracy = share(right, samples);
  for (const ClassScores& scores : report.classes) {
    // A class that doesn't occur adds nothing.
    add(report.macro_average, scores, share(1, occurring));
    add(report.weighted_average, scores, share(scores.support, samples));
  }
  report.macro_average.support = samples;
  report.weighted_average.support = samples;
  return report;
}

std::string class_report_table(const ClassReport& report,
                               const std::vector<std::string>& class_names) {
  require_names(report, class_names);
  constexpr std::size_t kColumn = 11;
  std::size_t width = letters("weighted avg");
  for (const std::string& name : class_names) {
    width = std::max(width, letters(name));
  }
  const auto row = [&](const std::string& name, const std::string& precision,
                       const std::string& recall, const std::string& f1,
                       const std::string& support) {
    return padded(name, width) + padded(precision, kColumn) +
           padded(recall, kColumn) + padded(f1, kColumn) +
           padded(support, kColumn) + '\n';
  };
  const auto scores_row = [&](const std::string& name,
                              const ClassScores& scores) {
    return row(name, number(scores.precision, 3), number(scores.recall, 3),
               number(scores.f1, 3), std::to_string(scores.support));
  };
  std::string text = row("", "precision", "recall", "f1-score", "support");
  text += '\n';
  for (std::size_t i = 0; i < class_names.size(); ++i) {
    text += scores_row(class_names[i], report.classes[i]);
  }
  text += '\n';
  text += row("accuracy", "", "", number(report.accuracy, 3),
              std::to_string(report.macro_average.support));
  text += scores_row("macro avg", report.macro_average);
  text += scores_row("weighted avg", report.weighted_average);
  return text;
}

std::string class_report_csv(const ClassReport& report,
                             const std::vector<std::string>& class_names) {
  require_names(report, class_names);
  const auto row = [](const std::string& name, const ClassScores& scores) {
    return concat(csv_field(name), ',', number(scores.precision, 6), ',',
                  number(scores.recall, 6), ',', number(scores.f1, 6), ',',
                  scores.support, '\n');
  };
  std::string text = "class,precision,recall,f1,support\n";
  for (std::size_t i = 0; i < class_names.size(); ++i) {
    text += row(class_names[i], report.classes[i]);
  }
  text += concat("accuracy,,,", number(report.accuracy, 6), ',',
                 report.macro_average.support, '\n');
  text += row("macro avg", report.macro_average);
  text += row("weighted avg", report.weighted_average);
  return text;
}

}  // namespace lathe::train
