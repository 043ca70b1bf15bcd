#include "apps/report_sheet.h"

#include "apps/preview_boxes.h"
#include "apps/preview_rows.h"
#include "core/error.h"
#include "train/report/html.h"
#include "train/report/samples.h"

namespace lathe::apps {
namespace {

constexpr std::int64_t kSheetPixels = 192;

std::string figure(const PreviewCell& cell) {
  const Tensor image =
      cell.mask.empty() ? cell.image : train::overlay(cell.image, cell.mask);
  return concat(
      "<figure>", train::html_image(image, kSheetPixels, cell.caption),
      "<figcaption>", train::escaped(cell.caption), "</figcaption></figure>\n");
}

}  // namespace

std::string augmentation_sheet(const augment::Pipeline& pipeline,
                               const TrainingData& data,
                               const TrainingOptions& options) {
  if (pipeline.empty()) return {};
  std::string text = concat("<pre>", train::escaped(options.augment), "\n\n",
                            train::escaped(pipeline.summary()), "</pre>\n");
  PreviewSamples samples = spread_samples(*data.train, 4);
  if (samples.ids.empty()) return text;
  if (pipeline.needs_boxes() && !samples.masks.empty()) {
    samples.annotations = boxes_around(samples.masks);
  }
  // A column for the original, and one for each draw.
  const PreviewRows rows =
      rows_of(pipeline, samples, 0, samples.images.shape()[0], options.seed,
              {.draws = 5});
  text += "<div class=\"sheet\">\n";
  for (const auto& row : rows) {
    for (const PreviewCell& cell : row) text += figure(cell);
  }
  return text + "</div>\n";
}

}  // namespace lathe::apps
