#include "apps/classifier_options.h"

#include <CLI/CLI.hpp>

#include "apps/classifier_model.h"
#include "apps/command_line.h"
#include "core/error.h"

namespace lathe::apps {
namespace {

constexpr const char* kFashionMnist = "/usr/share/datasets/fashion-mnist";
constexpr std::int64_t kIdxSize = 32;
constexpr std::int64_t kPhotographSize = 224;

void add_classifier_options(CLI::App& app, ClassifierOptions& o) {
  app.add_option("--data", o.data, "Folder with a folder of images a class")
      ->group("Data");
  app.add_option("--train", o.train, "The same, all of it to train on")
      ->group("Data");
  app.add_option("--val", o.val, "The same, to validate with")->group("Data");
  app.add_option("--csv", o.csv,
                 "Table with a row of path and label an image; paths from "
                 "where it lies")
      ->check(CLI::ExistingFile)
      ->group("Data");
  app.add_option("--idx", o.idx,
                 concat("Folder of IDX files, as MNIST's; its test images "
                        "validate. Where nothing else is given: ",
                        kFashionMnist))
      ->group("Data");
  const std::string group = "Model";
  app.add_option("--model", o.model, "The network: " + model_names())
      ->check(CLI::IsMember(model_list()))
      ->capture_default_str()
      ->group(group);
  app.add_option("--drop-connect", o.drop_connect,
                 "How often EfficientNet leaves out its last block; earlier "
                 "ones less often")
      ->check(CLI::Range(0.0, 0.99))
      ->capture_default_str()
      ->group(group);
  app.add_option("--weights", o.weights,
                 "Begin with the weights of a .keras, .weights.h5 or "
                 ".safetensors file, with or without its top, as far as layers "
                 "match")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--freeze", o.freeze,
                 "Keep as they are: backbone, or the first N layers")
      ->group(group);
  app.add_option("--fine-tune-at", o.fine_tune_at,
                 "Epoch from which on what was frozen is trained too, at a "
                 "tenth of the learning rate; 0 for never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group("Training");
  app.add_option("--label-smoothing", o.label_smoothing,
                 "Share of each target that is spread over all classes")
      ->check(CLI::Range(0.0, 0.99))
      ->capture_default_str()
      ->group("Training");
  app.add_option("--class-weights", o.class_weights,
                 "balanced: what is rare counts more, so that all classes "
                 "count the same; or none")
      ->check(CLI::IsMember({"none", "balanced"}))
      ->capture_default_str()
      ->group("Training");
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// What is wrong, if anything; what depends on other options is settled.
std::string settle(ClassifierOptions& o) {
  const int sources = (o.data.empty() ? 0 : 1) + (o.train.empty() ? 0 : 1) +
                      (o.csv.empty() ? 0 : 1) + (o.idx.empty() ? 0 : 1);
  if (sources > 1) return "give one of --data, --train, --csv and --idx";
  if (!o.val.empty() && o.train.empty()) return "--val goes with --train";
  if (!o.freeze.empty() && o.freeze != "backbone" && !is_number(o.freeze)) {
    return "--freeze is " + o.freeze + "; it takes backbone or a number";
  }
  if (o.fine_tune_at > 0 && o.freeze.empty()) {
    return "--fine-tune-at thaws what --freeze froze; give both";
  }
  if (o.size == 0) o.size = o.from_idx() ? kIdxSize : kPhotographSize;
  if (o.from_idx() && o.idx.empty()) o.idx = kFashionMnist;
  return {};
}

}  // namespace

std::optional<int> parse(int count, const char* const* arguments,
                         ClassifierOptions& options) {
  CLI::App app{
      "Trains a classifier of photographs.\n"
      "Without data it trains on Fashion-MNIST, where it is installed."};
  prepare(app, "train_classifier");
  options.augment = "flip=horizontal";
  options.output = "runs/classifier";
  options.size = 0;
  add_classifier_options(app, options);
  add_options(app, options,
              "Side in pixels to which images are resized; 0 for 224, or 32 "
              "with IDX files",
              {"step", "model", "loader", "none"});
  return parse(app, count, arguments, options, [&] { return settle(options); });
}

}  // namespace lathe::apps
