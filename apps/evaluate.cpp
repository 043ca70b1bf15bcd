#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/classifier_report.h"
#include "apps/evaluate_options.h"
#include "apps/exit_code.h"
#include "apps/mask_report.h"
#include "apps/model_output.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "models/keras_file.h"
#include "train/data/classification_folder.h"
#include "train/data/csv_dataset.h"
#include "train/data/segmentation_folder.h"
#include "train/report/text.h"

namespace lathe::apps {
namespace {

using nlohmann::ordered_json;

// What is measured, in the order in which it is said.
using Metrics = std::vector<std::pair<std::string, double>>;

class Evaluation {
 public:
  explicit Evaluation(const EvaluateOptions& options)
      : o_(options), model_(models::load(options.model)) {
    const Shape& input = model_.input_shape();
    const std::size_t rank = model_.output_shape().rank();
    if (input.rank() != 4 || input[3] != 3 || input[1] < 1 || input[2] < 1 ||
        (rank != 4 && rank != 2)) {
      fail(o_.model.string(), ": takes ", input, " and gives ",
           model_.output_shape(),
           "; evaluate is for models from photographs to masks or classes");
    }
    if (rank == 4 && !o_.csv.empty()) {
      fail("--csv is for classifiers; ", o_.model.string(), " makes masks");
    }
    if (rank == 2 && o_.tiles) {
      fail("--tiles is for models of masks; ", o_.model.string(),
           " is a classifier");
    }
    if (rank == 2 && !o_.images.empty()) {
      fail("--images and --masks are for models of masks; ", o_.model.string(),
           " is a classifier: give --data or --csv");
    }
    size_ = {.height = input[1], .width = input[2]};
    gives_masks_ = rank == 4;
  }

  void run() {
    std::filesystem::create_directories(o_.output);
    const Metrics metrics = gives_masks_ ? masks() : classes();
    for (const auto& [name, value] : metrics) {
      std::printf("%-18s %s\n", name.c_str(),
                  std::isnan(value) ? "-" : train::number(value, 4).c_str());
    }
    write_metrics(metrics);
    if (bad_.empty()) return;
    std::printf("%zu samples could not be read:\n", bad_.size());
    for (const std::string& error : bad_) std::printf("  %s\n", error.c_str());
  }

 private:
  Metrics masks() {
    const bool one_folder = !o_.data.empty();
    train::SegmentationFolderOptions options{
        .size = size_,
        .batch_size = o_.batch,
        .classes = model_.output_shape().back(),
        .limit = o_.limit,
        .skip_unpaired = o_.skip_bad};
    o_.set(options);
    if (options.mask_colors) {
      require_classes(options.mask_colors->class_names());
    }
    const train::SegmentationFolder data(
        one_folder ? o_.data / "images" : o_.images,
        one_folder ? o_.data / "masks" : o_.masks, options);
    say(data.report());
    const MaskReportOptions how{.batch_size = o_.batch,
                                .device = device_from(o_.device),
                                .precision = precision_from(o_.precision),
                                .on_bad_sample = noting_bad()};
    const MaskScores scores = o_.tiles ? score_tiles(model_, data, how)
                                       : score_masks(model_, data, how);
    report_on(scores, class_names(model_), o_.output);
    const train::ConfusionCounts& counts = scores.counts;
    Metrics metrics = {{"loss", scores.loss},
                       {"accuracy", counts.accuracy()},
                       {"mean_iou", counts.mean_iou()}};
    if (!scores.sweep) {
      metrics.emplace_back("mean_dice", counts.metric("dice"));
      return metrics;
    }
    const train::ThresholdScores best = scores.sweep->best();
    const Metrics of_object = {
        {"iou", counts.iou(1)},
        {"dice", counts.dice(1)},
        {"precision", counts.precision(1)},
        {"recall", counts.recall(1)},
        {"average_precision", scores.sweep->average_precision()},
        {"best_threshold", best.threshold},
        {"best_iou", best.iou}};
    metrics.insert(metrics.end(), of_object.begin(), of_object.end());
    return metrics;
  }

  // Throws where a file of colours is not that of the model's training.
  void require_classes(const std::vector<std::string>& names) const {
    const std::vector<std::string>& known = model_.class_names();
    const std::size_t count = class_names(model_).size();
    if (names.size() == count && (known.empty() || names == known)) return;
    fail(o_.mask_colors.string(), ": has ", names.size(), " classes from ",
         names.front(), " to ", names.back(), "; the model has ", count,
         known.empty() ? ""
                       : concat(" from ", known.front(), " to ", known.back()));
  }

  Metrics classes() {
    const train::ClassifiedSetOptions options{
        .size = size_,
        .batch_size = o_.batch,
        .limit = o_.limit,
        .class_names = model_.class_names()};
    std::unique_ptr<train::ClassifiedSet> data;
    if (o_.csv.empty()) {
      data = std::make_unique<train::ClassificationFolder>(o_.data, options);
    } else {
      data = std::make_unique<train::CsvDataset>(o_.csv, options);
    }
    const auto known = static_cast<std::size_t>(
        std::max<std::int64_t>(model_.output_shape().back(), 2));
    if (data->class_names().size() > known) {
      fail("the data have ", data->class_names().size(), " classes; ",
           o_.model.string(), " tells ", known, " apart");
    }
    say(data->report());
    const ClassScores scores =
        report_on(model_, *data, o_.output,
                  {.batch_size = o_.batch,
                   .device = device_from(o_.device),
                   .precision = precision_from(o_.precision),
                   .on_bad_sample = noting_bad()});
    Metrics metrics = {{"loss", scores.loss},
                       {"accuracy", scores.counts.accuracy()},
                       {"f1", scores.counts.mean_f1()}};
    if (known > 5) {
      metrics.emplace_back("top_5_accuracy", scores.counts.top_5_accuracy());
    }
    return metrics;
  }

  std::function<void(const std::string&)> noting_bad() {
    if (!o_.skip_bad) return {};
    return [this](const std::string& error) { bad_.push_back(error); };
  }

  static void say(const std::string& text) {
    std::printf("%s\n", text.c_str());
    std::fflush(stdout);
  }

  void write_metrics(const Metrics& metrics) const {
    ordered_json object = {{"model", o_.model.string()}};
    for (const auto& [name, value] : metrics) object[name] = value;
    object["left_out"] = bad_;
    write_atomically(
        o_.output / "metrics.json",
        object.dump(2, ' ', false, ordered_json::error_handler_t::replace) +
            "\n");
  }

  const EvaluateOptions& o_;
  models::Model model_;
  graph::Size2D size_;
  bool gives_masks_ = false;
  std::vector<std::string> bad_;
};

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe;
  apps::EvaluateOptions options;
  if (const auto code = apps::parse(count, arguments, options)) return *code;
  return apps::run_or_explain([&] {
    options.set_threads();
    apps::Evaluation(options).run();
    return apps::ExitCode::done;
  });
}
