#include "apps/report_samples.h"

#include <algorithm>
#include <cmath>

#include "apps/model_output.h"
#include "core/error.h"
#include "train/report/html.h"
#include "train/report/mistakes.h"
#include "train/report/samples.h"
#include "train/report/text.h"
#include "train/trainer.h"

namespace lathe::apps {
namespace {

// Twice what the page shows, for fine screens.
constexpr std::int64_t kMostPixels = 224;

Tensor one_of(const Tensor& batch, std::int64_t n) {
  const Shape& shape = batch.shape();
  return batch.rows(n, 1).reshaped({shape[1], shape[2], shape[3]});
}

struct Guess {
  std::int32_t label = 0;
  float probability = 0;
};

// A single output is the probability of the second of two classes.
Guess guess_of(const Tensor& output, std::int64_t n, bool logits) {
  const Tensor row = output.rows(n, 1).clone();
  const auto shares = row.values<float>();
  if (logits) to_probabilities(shares);
  if (shares.size() == 1) {
    return shares[0] > 0.5F ? Guess{1, shares[0]} : Guess{0, 1 - shares[0]};
  }
  const auto best = std::ranges::max_element(shares);
  return {static_cast<std::int32_t>(best - shares.begin()), *best};
}

}  // namespace

ReportSamples::ReportSamples(
    std::shared_ptr<const train::SamplePredictions> predictions,
    std::vector<std::string> class_names)
    : predictions_(std::move(predictions)),
      class_names_(std::move(class_names)) {}

std::string ReportSamples::name_of(std::int32_t label) const {
  const auto index = static_cast<std::size_t>(label);
  return label >= 0 && index < class_names_.size() ? class_names_[index]
                                                   : std::to_string(label);
}

void ReportSamples::begin_rows() {
  const auto count = static_cast<std::int64_t>(predictions_->names().size());
  for (std::int64_t n = 0; n < count; ++n) {
    const Tensor image = one_of(predictions_->images(), n);
    const std::string& name =
        predictions_->names()[static_cast<std::size_t>(n)];
    std::string row =
        concat("<td>", train::html_image(image, kMostPixels, name), "</td>");
    if (of_masks()) {
      row += "<td>" +
             train::html_image(
                 train::overlay(image, one_of(predictions_->targets(), n)),
                 kMostPixels, "truth of " + name);
    } else {
      const auto labels = predictions_->targets().values<std::int32_t>();
      row +=
          concat("<td class=\"guess\">",
                 train::escaped(name_of(labels[static_cast<std::size_t>(n)])));
    }
    beginnings_.push_back(row + "</td>");
  }
}

void ReportSamples::on_epoch_end(train::Trainer& trainer,
                                 const train::EpochReport& report) {
  if (predictions_->output().empty()) return;
  logits_ = train::from_logits(trainer.options().loss);
  if (beginnings_.empty()) begin_rows();
  const Tensor& output = predictions_->output();
  const Tensor masks =
      of_masks() ? train::classes_of(output, logits_ ? 0.0F : 0.5F) : Tensor();
  std::vector<SampleHistory::Cell> cells;
  for (std::size_t i = 0; i < beginnings_.size(); ++i) {
    const auto n = static_cast<std::int64_t>(i);
    if (of_masks()) {
      cells.push_back(
          {.style = "mask",
           .body = train::html_image(
               train::overlay(one_of(predictions_->images(), n),
                              one_of(masks, n)),
               kMostPixels, concat("prediction after epoch ", report.epoch))});
      continue;
    }
    const Guess guess = guess_of(output, n, logits_);
    const bool right =
        guess.label == predictions_->targets().values<std::int32_t>()[i];
    cells.push_back(
        {.style = concat("guess ", right ? "right" : "wrong"),
         .body = concat("<b>", train::escaped(name_of(guess.label)), "</b>",
                        std::lround(100 * guess.probability), "%")});
  }
  history_.add(report.epoch, cells);
}

std::string ReportSamples::html() const {
  return history_.table("<th>image</th><th>truth</th>", beginnings_);
}

Tensor ReportSamples::picture() const {
  const Tensor& output = predictions_->output();
  if (of_masks()) {
    return train::draw_samples(predictions_->images(), predictions_->targets(),
                               train::classes_of(output, logits_ ? 0.0F : 0.5F))
        .image();
  }
  std::vector<std::vector<std::string>> texts;
  for (std::size_t i = 0; i < beginnings_.size(); ++i) {
    const Guess guess = guess_of(output, static_cast<std::int64_t>(i), logits_);
    texts.push_back({name_of(predictions_->targets().values<std::int32_t>()[i]),
                     concat("taken for ", name_of(guess.label), " ",
                            train::number(guess.probability, 2))});
  }
  return train::draw_mistakes(predictions_->images(), texts).image();
}

}  // namespace lathe::apps
