#include "apps/mask_report.h"

#include <cmath>
#include <cstdio>

#include "apps/model_output.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "core/image/write_image.h"
#include "train/callbacks/pictures.h"
#include "train/data/csv.h"
#include "train/data/loader.h"
#include "train/report/confusion.h"
#include "train/report/precision_recall.h"
#include "train/report/text.h"

namespace lathe::apps {
namespace {

constexpr std::uint8_t kIgnored = 255;

// The mean over the pixels that are of a class.
class Loss {
 public:
  explicit Loss(std::size_t classes) : classes_(classes) {}

  void add(std::span<const float> output, std::span<const std::uint8_t> truth) {
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (truth[i] == kIgnored) continue;
      const float given = classes_ > 1    ? output[i * classes_ + truth[i]]
                          : truth[i] == 1 ? output[i]
                                          : 1 - output[i];
      sum_ += crossentropy(given);
      ++count_;
    }
  }
  double mean() const { return count_ == 0 ? 0 : sum_ / count_; }

 private:
  std::size_t classes_;
  double sum_ = 0;
  double count_ = 0;
};

std::vector<std::int32_t> as_labels(std::span<const std::uint8_t> ids) {
  std::vector<std::int32_t> labels(ids.size());
  std::ranges::transform(ids, labels.begin(), [](std::uint8_t id) {
    return id == kIgnored ? -1 : static_cast<std::int32_t>(id);
  });
  return labels;
}

double zero_for_nothing(double score) {
  return std::isnan(score) ? 0 : score;
}

struct Row {
  std::string name;
  std::array<double, 4> scores;  // IoU, Dice, precision, recall
  std::int64_t pixels = 0;
};

std::vector<Row> rows_of(const train::ConfusionCounts& counts,
                         const std::vector<std::string>& names) {
  std::vector<Row> rows;
  for (std::int64_t c = 0; c < counts.classes(); ++c) {
    Row row{.name = names.at(static_cast<std::size_t>(c)),
            .scores = {counts.iou(c), counts.dice(c), counts.precision(c),
                       counts.recall(c)},
            .pixels = counts.of_class(c)};
    std::ranges::transform(row.scores, row.scores.begin(), zero_for_nothing);
    rows.push_back(std::move(row));
  }
  return rows;
}

void print(const std::vector<Row>& rows) {
  std::size_t width = 5;
  for (const Row& row : rows) {
    width = std::max(width, train::letters(row.name));
  }
  const auto padded = [&](const std::string& name) {
    return name + std::string(width - train::letters(name), ' ');
  };
  std::printf("%s %9s %9s %9s %9s %12s\n", padded("").c_str(), "iou", "dice",
              "precision", "recall", "pixels");
  for (const auto& [name, scores, pixels] : rows) {
    std::printf("%s %9.4f %9.4f %9.4f %9.4f %12lld\n", padded(name).c_str(),
                scores[0], scores[1], scores[2], scores[3],
                static_cast<long long>(pixels));
  }
}

std::string csv_of(const std::vector<Row>& rows) {
  std::string text = "class,iou,dice,precision,recall,pixels\n";
  for (const auto& [name, scores, pixels] : rows) {
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, ",%.6f,%.6f,%.6f,%.6f,%lld\n",
                  scores[0], scores[1], scores[2], scores[3],
                  static_cast<long long>(pixels));
    text += train::csv_field(name) + numbers;
  }
  return text;
}

}  // namespace

MaskScores score_masks(const models::Model& model, const train::Dataset& data,
                       const MaskReportOptions& options) {
  const std::int64_t classes = model.output_shape().back();
  const bool logits = gives_logits(model);
  MaskScores result{
      .counts = train::ConfusionCounts(std::max<std::int64_t>(classes, 2))};
  if (classes == 1) result.sweep.emplace();
  Loss loss(static_cast<std::size_t>(classes));
  train::Loader batches(data, {.batch_size = options.batch_size,
                               .shuffle = false,
                               .drop_remainder = false,
                               .on_bad_sample = options.on_bad_sample});
  for (train::Batch batch; batches.next(batch);) {
    const Tensor output =
        model
            .predict(batch.images, {.batch_size = options.batch_size,
                                    .device = options.device,
                                    .precision = options.precision})
            .rows(0, batch.size);
    const auto values = output.values<float>();
    const auto pixel = static_cast<std::size_t>(classes);
    for (std::size_t i = 0; logits && i < values.size(); i += pixel) {
      to_probabilities(values.subspan(i, pixel));
    }
    const Tensor targets = batch.targets.rows(0, batch.size);
    const auto truth = targets.values<std::uint8_t>();
    loss.add(values, truth);
    if (result.sweep) result.sweep->add(values, truth);
    const Tensor predicted = train::classes_of(output);
    result.counts.add(as_labels(truth),
                      as_labels(predicted.values<std::uint8_t>()));
  }
  result.loss = loss.mean();
  return result;
}

void report_on(const MaskScores& scores, const std::vector<std::string>& names,
               const std::filesystem::path& folder) {
  const std::vector<Row> rows = rows_of(scores.counts, names);
  print(rows);
  write_atomically(folder / "report.csv", csv_of(rows));
  image::write_png(folder / "confusion.png",
                   train::draw_confusion(scores.counts, names).image());
  if (!scores.sweep) return;
  write_atomically(folder / "thresholds.csv",
                   train::threshold_csv(scores.sweep->rows(10)));
  image::write_png(folder / "precision_recall.png",
                   train::draw_precision_recall(*scores.sweep).image());
}

}  // namespace lathe::apps
