#include "apps/classifier_report.h"

#include <algorithm>
#include <cstdio>

#include "apps/model_output.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "core/image/write_image.h"
#include "train/metrics.h"
#include "train/report/class_report.h"
#include "train/report/confusion.h"
#include "train/report/mistakes.h"
#include "train/report/text.h"

namespace lathe::apps {
namespace {

struct Mistake {
  std::int64_t index = 0;
  std::int32_t truth = 0;
  std::int32_t predicted = 0;
  float probability = 0;
};

// What was found out about a set, batch after batch.
class Judge {
 public:
  Judge(const models::Model& model, const train::Dataset& data,
        const ReportOptions& options)
      : counts(std::max<std::int64_t>(model.output_shape().back(), 2)),
        model_(model),
        gives_logits_(gives_logits(model)),
        data_(data),
        options_(options) {}

  void run() {
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < data_.size(); ++i) {
      indices.push_back(i);
      if (static_cast<std::int64_t>(indices.size()) == options_.batch_size) {
        judge(indices);
        indices.clear();
      }
    }
    if (!indices.empty()) judge(indices);
    std::stable_sort(mistakes.begin(), mistakes.end(),
                     [](const Mistake& a, const Mistake& b) {
                       return a.probability > b.probability;
                     });
    if (mistakes.size() > options_.mistakes) {
      mistakes.resize(options_.mistakes);
    }
  }

  train::ConfusionCounts counts;
  double loss = 0;  // the sum
  std::vector<Mistake> mistakes;

 private:
  void judge(const std::vector<std::int64_t>& indices) {
    const Shape& size = data_.image_spec().shape;
    const Tensor images(
        {static_cast<std::int64_t>(indices.size()), size[0], size[1], size[2]},
        DType::uint8);
    std::vector<std::int64_t> read;
    for (const std::int64_t index : indices) {
      try {
        data_.read(index,
                   images.rows(static_cast<std::int64_t>(read.size()), 1)
                       .reshaped(size),
                   target_);
        read.push_back(index);
      } catch (const Error& error) {
        if (!options_.on_bad_sample) throw;
        options_.on_bad_sample(error.what());
      }
    }
    if (read.empty()) return;
    const auto count = static_cast<std::int64_t>(read.size());
    const Tensor output = model_.predict(images.rows(0, count),
                                         {.batch_size = options_.batch_size,
                                          .device = options_.device,
                                          .precision = options_.precision});
    for (std::int64_t i = 0; i < count; ++i) {
      judge(read[static_cast<std::size_t>(i)],
            output.rows(i, 1).values<float>());
    }
  }

  void judge(std::int64_t index, std::span<float> output) {
    if (gives_logits_) to_probabilities(output);
    std::vector<float> shares(output.begin(), output.end());
    if (shares.size() == 1) shares.insert(shares.begin(), 1 - shares[0]);
    const auto best = std::ranges::max_element(shares);
    const Mistake found{
        .index = index,
        .truth = data_.label(index),
        .predicted = static_cast<std::int32_t>(best - shares.begin()),
        .probability = *best};
    counts.add({&found.truth, 1}, {&found.predicted, 1});
    if (found.predicted != found.truth) mistakes.push_back(found);
    const float truth = shares.at(static_cast<std::size_t>(found.truth));
    loss += crossentropy(truth);
    counts.add_top_5(std::ranges::count_if(shares, [=](float share) {
                       return share > truth;
                     }) < 5);
  }

  const models::Model& model_;
  bool gives_logits_;
  const train::Dataset& data_;
  const ReportOptions& options_;
  Tensor target_{{1}, DType::int32};
};

}  // namespace

ClassScores report_on(const models::Model& model, const train::Dataset& data,
                      const std::filesystem::path& folder,
                      const ReportOptions& options) {
  Judge judge(model, data, options);
  judge.run();
  const std::vector<std::string> names = class_names(model);
  const train::ClassReport report = train::class_report(judge.counts);
  std::printf("%s", train::class_report_table(report, names).c_str());
  write_atomically(folder / "report.csv",
                   train::class_report_csv(report, names));
  image::write_png(folder / "confusion.png",
                   train::draw_confusion(judge.counts, names).image());
  const Shape& size = data.image_spec().shape;
  const Tensor images({static_cast<std::int64_t>(judge.mistakes.size()),
                       size[0], size[1], size[2]},
                      DType::uint8);
  std::vector<std::vector<std::string>> texts;
  for (const Mistake& mistake : judge.mistakes) {
    const Tensor target({1}, DType::int32);
    data.read(
        mistake.index,
        images.rows(static_cast<std::int64_t>(texts.size()), 1).reshaped(size),
        target);
    texts.push_back(
        {names[static_cast<std::size_t>(mistake.truth)],
         concat("not ", names[static_cast<std::size_t>(mistake.predicted)], " ",
                train::number(mistake.probability, 2))});
  }
  image::write_png(folder / "mistakes.png",
                   train::draw_mistakes(images, texts).image());
  const auto samples = static_cast<double>(judge.counts.total());
  return {.loss = samples == 0 ? 0 : judge.loss / samples,
          .counts = std::move(judge.counts)};
}

}  // namespace lathe::apps
