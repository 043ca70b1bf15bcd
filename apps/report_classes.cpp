// The part of a run's report about its classes.

#include <algorithm>
#include <cmath>

#include "apps/report_sections.h"
#include "core/error.h"
#include "core/image/write_image.h"
#include "train/report/class_report.h"
#include "train/report/confusion.h"
#include "train/report/html.h"
#include "train/report/text.h"

namespace lathe::apps {
namespace {

using train::ConfusionCounts;
using Names = std::vector<std::string>;

// Of more classes the picture is shown, which is drawn in pixels.
constexpr std::int64_t kMostInTable = 40;

std::string score(double value) {
  return std::isnan(value) ? std::string() : train::number(value, 3);
}

std::string scores_table(const ConfusionCounts& counts, const Names& names,
                         bool of_masks) {
  Names header{"class", "precision", "recall", "F1"};
  if (of_masks) header.emplace_back("IoU");
  header.emplace_back(of_masks ? "pixels" : "samples");
  std::vector<Names> rows;
  for (std::int64_t c = 0; c < counts.classes(); ++c) {
    Names row{names[static_cast<std::size_t>(c)], score(counts.precision(c)),
              score(counts.recall(c)), score(counts.f1(c))};
    if (of_masks) row.push_back(score(counts.iou(c)));
    row.push_back(std::to_string(counts.of_class(c)));
    rows.push_back(std::move(row));
  }
  Names mean{"mean", "", "", score(counts.mean_f1())};
  if (of_masks) mean.push_back(score(counts.mean_iou()));
  mean.push_back(std::to_string(counts.total()));
  rows.push_back(std::move(mean));
  return train::html_table(header, rows);
}

std::string cell(const ConfusionCounts& counts, std::int64_t truth,
                 std::int64_t predicted, bool in_percent) {
  const std::int64_t count = counts.at(truth, predicted);
  if (count == 0) return "<td></td>";
  const double share =
      static_cast<double>(count) / static_cast<double>(counts.of_class(truth));
  // The root makes rare mistakes visible.
  const double shade = 100 * std::sqrt(share);
  return concat(
      "<td class=\"", truth == predicted ? "r" : "w",
      shade > 60 ? " strong" : "", "\" style=\"--share:", std::lround(shade),
      "\">", in_percent ? train::number(100 * share, 1) : std::to_string(count),
      "</td>");
}

std::string confusion_table(const ConfusionCounts& counts, const Names& names,
                            bool in_percent) {
  std::string text =
      "<div class=\"wide\"><table class=\"confusion\">\n<thead><tr><th></th>";
  for (const std::string& name : names) {
    text += concat("<th class=\"rising\"><span>", train::escaped(name),
                   "</span></th>");
  }
  text += "</tr></thead>\n<tbody>\n";
  for (std::int64_t truth = 0; truth < counts.classes(); ++truth) {
    text +=
        concat("<tr><th scope=\"row\">",
               train::escaped(names[static_cast<std::size_t>(truth)]), "</th>");
    for (std::int64_t c = 0; c < counts.classes(); ++c) {
      text += cell(counts, truth, c, in_percent);
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

}  // namespace

std::string classes_tables(const ConfusionCounts& counts, const Names& names,
                           bool of_masks) {
  if (static_cast<std::int64_t>(names.size()) != counts.classes()) {
    fail("report: ", names.size(), " names for ", counts.classes(), " classes");
  }
  std::string confusion = "<h3>Confusion</h3>\n";
  if (counts.classes() > kMostInTable) {
    const Tensor picture = train::draw_confusion(counts, names).image();
    confusion += concat(
        "<div class=\"paper\">",
        train::html_image(image::encode_png(picture), picture.shape()[1],
                          picture.shape()[0], "what each class was taken for"),
        "</div>\n");
  } else {
    confusion += concat(
        "<p class=\"quiet\">A row is a true class, a column what the model "
        "took "
        "it for",
        of_masks ? ", in percent of the row" : "", ".</p>\n",
        confusion_table(counts, names, of_masks));
  }
  return concat("<div class=\"beside\">\n",
                scores_table(counts, names, of_masks), "<div>\n", confusion,
                "</div>\n</div>\n");
}

}  // namespace lathe::apps
