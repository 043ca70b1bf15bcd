#include "apps/classifier_report.h"

#include <algorithm>
#include <cstdio>

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/image/write_image.h"
#include "train/metrics.h"
#include "train/report/class_report.h"
#include "train/report/confusion.h"
#include "train/report/mistakes.h"

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
      } catch (const Error&) {
        // It was reported when training met it.
      }
    }
    if (read.empty()) return;
    const auto count = static_cast<std::int64_t>(read.size());
    const Tensor output = model_.predict(
        images.rows(0, count),
        {.batch_size = options_.batch_size, .device = options_.device});
    const std::int64_t classes = output.shape().back();
    for (std::int64_t i = 0; i < count; ++i) {
      const auto row =
          output.values<float>().subspan(static_cast<std::size_t>(i * classes),
                                         static_cast<std::size_t>(classes));
      const auto best = std::ranges::max_element(row);
      const Mistake found{
          .index = read[static_cast<std::size_t>(i)],
          .truth = data_.label(read[static_cast<std::size_t>(i)]),
          .predicted = static_cast<std::int32_t>(best - row.begin()),
          .probability = *best};
      counts.add({&found.truth, 1}, {&found.predicted, 1});
      if (found.predicted != found.truth) mistakes.push_back(found);
    }
  }

  const models::Model& model_;
  const train::Dataset& data_;
  const ReportOptions& options_;
  Tensor target_{{1}, DType::int32};
};

}  // namespace

void report_on(const models::Model& model, const train::Dataset& data,
               const std::filesystem::path& folder,
               const ReportOptions& options) {
  Judge judge(model, data, options);
  judge.run();
  const std::vector<std::string>& names = model.class_names();
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
    char share[16];
    std::snprintf(share, sizeof share, "%.2f",
                  static_cast<double>(mistake.probability));
    texts.push_back(
        {names[static_cast<std::size_t>(mistake.truth)],
         concat("not ", names[static_cast<std::size_t>(mistake.predicted)], " ",
                share)});
  }
  image::write_png(folder / "mistakes.png",
                   train::draw_mistakes(images, texts).image());
}

}  // namespace lathe::apps
