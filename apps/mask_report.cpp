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
#include "train/data/window.h"
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
    text += train::csv_field(name);
    for (const double score : scores) text += ',' + train::number(score, 6);
    text += concat(',', pixels, '\n');
  }
  return text;
}

// Predicts batch after batch.
class Scorer {
 public:
  Scorer(const models::Model& model, const MaskReportOptions& options)
      : model_(model),
        options_(options),
        gives_logits_(gives_logits(model)),
        loss_(static_cast<std::size_t>(model.output_shape().back())),
        scores_{.counts = train::ConfusionCounts(
                    std::max<std::int64_t>(model.output_shape().back(), 2))} {
    if (model.output_shape().back() == 1) scores_.sweep.emplace();
  }

  // All rows of both.
  void add(const Tensor& images, const Tensor& targets) {
    const Tensor output =
        model_.predict(images, {.batch_size = options_.batch_size,
                                .device = options_.device,
                                .precision = options_.precision});
    const auto values = output.values<float>();
    const auto pixel = static_cast<std::size_t>(output.shape().back());
    for (std::size_t i = 0; gives_logits_ && i < values.size(); i += pixel) {
      to_probabilities(values.subspan(i, pixel));
    }
    const auto truth = targets.values<std::uint8_t>();
    loss_.add(values, truth);
    if (scores_.sweep) scores_.sweep->add(values, truth);
    const Tensor predicted = train::classes_of(output);
    scores_.counts.add(as_labels(truth),
                       as_labels(predicted.values<std::uint8_t>()));
  }

  MaskScores result() {
    scores_.loss = loss_.mean();
    return std::move(scores_);
  }

 private:
  const models::Model& model_;
  const MaskReportOptions& options_;
  bool gives_logits_;
  Loss loss_;
  MaskScores scores_;
};

// Tiles of whole images, which are scored by batches.
class Tiles {
 public:
  Tiles(const graph::Size2D& size, std::int64_t batch, Scorer& scorer)
      : size_(size),
        images_({batch, size.height, size.width, 3}, DType::uint8),
        ids_({batch, size.height, size.width, 1}, DType::uint8),
        scorer_(scorer) {}

  void add(const train::WholeSample& whole) {
    const Shape& extents = whole.image.shape();
    for (std::int64_t y = 0; y < extents[0]; y += size_.height) {
      for (std::int64_t x = 0; x < extents[1]; x += size_.width) {
        add(whole, y, x);
      }
    }
  }
  void flush() {
    if (count_ > 0) scorer_.add(images_.rows(0, count_), ids_.rows(0, count_));
    count_ = 0;
  }

 private:
  // The tile for pixels from (y, x) on. Beside the last ones it shows those
  // before them again, which then don't count.
  void add(const train::WholeSample& whole, std::int64_t y, std::int64_t x) {
    const train::WindowPlace place = train::window_at(
        {y, x}, {whole.image.shape()[0], whole.image.shape()[1]}, size_);
    const auto [height, width] = size_;
    const Tensor ids = ids_.rows(count_, 1).reshaped({height, width, 1});
    train::copy_window(whole.image, place, 0,
                       images_.rows(count_, 1).reshaped({height, width, 3}));
    train::copy_window(whole.ids, place, kIgnored, ids);
    for (std::int64_t i = 0; i < ids.elements(); ++i) {
      if (place.row + i / width < y || place.column + i % width < x) {
        ids.data<std::uint8_t>()[i] = kIgnored;
      }
    }
    if (++count_ == images_.shape()[0]) flush();
  }

  graph::Size2D size_;
  Tensor images_;
  Tensor ids_;
  Scorer& scorer_;
  std::int64_t count_ = 0;
};

}  // namespace

MaskScores score_masks(const models::Model& model, const train::Dataset& data,
                       const MaskReportOptions& options) {
  Scorer scorer(model, options);
  train::Loader batches(data, {.batch_size = options.batch_size,
                               .shuffle = false,
                               .drop_remainder = false,
                               .on_bad_sample = options.on_bad_sample});
  for (train::Batch batch; batches.next(batch);) {
    scorer.add(batch.images.rows(0, batch.size),
               batch.targets.rows(0, batch.size));
  }
  return scorer.result();
}

MaskScores score_tiles(const models::Model& model,
                       const train::SegmentationFolder& data,
                       const MaskReportOptions& options) {
  Scorer scorer(model, options);
  const Shape& input = model.input_shape();
  Tiles tiles({input[1], input[2]}, options.batch_size, scorer);
  for (std::int64_t i = 0; i < data.size(); ++i) {
    try {
      tiles.add(data.read_whole(i));
    } catch (const Error& error) {
      if (!options.on_bad_sample) throw;
      options.on_bad_sample(error.what());
    }
  }
  tiles.flush();
  return scorer.result();
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
