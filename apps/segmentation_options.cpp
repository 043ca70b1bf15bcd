#include "apps/segmentation_options.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/exit_code.h"

namespace lathe::apps {
namespace {

void add_data_options(CLI::App& app, SegmentationOptions& o) {
  const std::string group = "Data";
  app.add_option("--data", o.data, "Folder holding images/ and masks/")
      ->group(group);
  app.add_option("--images", o.images, "Folder of images")->group(group);
  app.add_option("--masks", o.masks,
                 "Folder of masks, paired with the images by name")
      ->group(group);
  app.add_option("--val-images", o.val_images, "Images to validate with")
      ->group(group);
  app.add_option("--val-masks", o.val_masks, "Their masks")->group(group);
  app.add_option("--val-fraction", o.val_fraction,
                 "Share of the samples kept for validation where there are no "
                 "--val-images; 0 for none")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str()
      ->group(group);
  app.add_option("--size", o.size,
                 "Side in pixels to which samples are resized; a multiple of "
                 "16")
      ->capture_default_str()
      ->group(group);
  app.add_option("--classes", o.classes,
                 "1 for object and background, else the number of classes")
      ->check(CLI::Range(1, 254))
      ->capture_default_str()
      ->group(group);
  app.add_option("--mask-values", o.mask_values,
                 "Mask values in the order of their classes (0,255), or "
                 "value=class pairs (1=0,2=1,3=ignore)")
      ->group(group);
  app.add_option("--mask-suffix", o.mask_suffix,
                 "What mask names have behind the image's (_mask); found by "
                 "itself where left out")
      ->group(group);
  app.add_option("--limit", o.limit, "Use only the first N samples")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
  app.add_flag("--skip-bad", o.skip_bad,
               "Go on without unreadable files and list them at the end")
      ->group(group);
  app.add_option("--cache", o.cache,
                 "Keep decoded samples in memory: auto (a quarter of what is "
                 "free) or none")
      ->check(CLI::IsMember({"auto", "none"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--scenes", o.scenes,
                 "Generated scenes to train on where no folder is given")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
}

void add_training_options(CLI::App& app, SegmentationOptions& o) {
  const std::string group = "Training";
  app.add_option("--batch", o.batch, "Samples a step")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--epochs", o.epochs,
                 "Epochs in all, those of a resumed run included")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--learning-rate", o.learning_rate, "Adam's learning rate")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--seed", o.seed, "What every draw depends on")
      ->capture_default_str()
      ->group(group);
  app.add_option("--device", o.device, "Where to train: auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--augment", o.augment,
                 "Augmentations, a comma list such as "
                 "flip=horizontal,rotation=0.1,zoom=0.2")
      ->capture_default_str()
      ->group(group);
  app.add_option("--augment-at", o.augment_at,
                 "step (on the device), loader (in the workers) or none")
      ->check(CLI::IsMember({"step", "loader", "none"}))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--no-shuffle", o.no_shuffle,
               "Take the samples in the order of their names")
      ->group(group);
  app.add_option("--statistics", o.statistics,
                 "Moving statistics of normalisations: corrected for their "
                 "start, or keras exactly")
      ->check(CLI::IsMember({"corrected", "keras"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--init", o.init, "Take the weights of this .keras file")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--resume", o.resume,
                 "Go on where the run that wrote this .keras file stopped")
      ->check(CLI::ExistingFile)
      ->group(group);
}

void add_result_options(CLI::App& app, SegmentationOptions& o) {
  const std::string group = "Results";
  app.add_option("--output", o.output, "Folder for everything a run writes")
      ->capture_default_str()
      ->group(group);
  app.add_option("--checkpoint", o.checkpoint,
                 "Name of the model saved after an epoch")
      ->capture_default_str()
      ->group(group);
  app.add_option("--monitor", o.monitor,
                 "What decides which model is the best: loss, accuracy, "
                 "val_loss, val_mean_iou, ...")
      ->capture_default_str()
      ->group(group);
  app.add_option("--mode", o.mode, "Whether less or more of it is better")
      ->check(CLI::IsMember({"min", "max"}))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--save-best-only", o.save_best_only,
               "Save only models better than all before")
      ->group(group);
  app.add_flag("--summary", o.summary, "Print the model and stop")
      ->group(group);
}

std::string wrong_combination(const SegmentationOptions& o) {
  if (!o.data.empty() && (!o.images.empty() || !o.masks.empty())) {
    return "--data stands for --images and --masks; give one or the other";
  }
  if (o.images.empty() != o.masks.empty()) {
    return "--images and --masks go together";
  }
  if (o.val_images.empty() != o.val_masks.empty()) {
    return "--val-images and --val-masks go together";
  }
  if (o.size < 16 || o.size % 16 != 0) {
    return "--size is " + std::to_string(o.size) +
           "; the U-Net takes multiples of 16, such as " +
           std::to_string(std::max<std::int64_t>(16, (o.size + 8) / 16 * 16));
  }
  if (!o.init.empty() && !o.resume.empty()) {
    return "--init starts anew from a file's weights and --resume goes on with "
           "its run; give one of them";
  }
  return {};
}

}  // namespace

std::optional<int> parse(int count, const char* const* arguments,
                         SegmentationOptions& options) {
  CLI::App app{
      "Trains a U-Net on photographs and their masks.\n"
      "Without a folder it trains on generated scenes."};
  app.name("train_segmentation");
  // The last of several wins, as a script's user expects who adds his own.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_data_options(app, options);
  add_training_options(app, options);
  add_result_options(app, options);
  app.add_option("--threads", options.threads,
                 "Threads that compute; all cores where left out")
      ->check(CLI::NonNegativeNumber)
      ->group("Machine");
  try {
    app.parse(count, const_cast<char**>(arguments));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::done : ExitCode::wrong_usage;
  }
  const std::string wrong = wrong_combination(options);
  if (!wrong.empty()) {
    std::cerr << wrong << '\n';
    return ExitCode::wrong_usage;
  }
  return std::nullopt;
}

std::string to_json(const SegmentationOptions& o) {
  nlohmann::ordered_json json;
  json["data"] = o.data.string();
  json["images"] = o.images.string();
  json["masks"] = o.masks.string();
  json["val-images"] = o.val_images.string();
  json["val-masks"] = o.val_masks.string();
  json["val-fraction"] = o.val_fraction;
  json["size"] = o.size;
  json["classes"] = o.classes;
  json["mask-values"] = o.mask_values;
  json["mask-suffix"] = o.mask_suffix;
  json["limit"] = o.limit;
  json["skip-bad"] = o.skip_bad;
  json["cache"] = o.cache;
  json["scenes"] = o.scenes;
  json["batch"] = o.batch;
  json["epochs"] = o.epochs;
  json["learning-rate"] = o.learning_rate;
  json["seed"] = o.seed;
  json["device"] = o.device;
  json["augment"] = o.augment;
  json["augment-at"] = o.augment_at;
  json["no-shuffle"] = o.no_shuffle;
  json["statistics"] = o.statistics;
  json["init"] = o.init.string();
  json["resume"] = o.resume.string();
  json["output"] = o.output.string();
  json["checkpoint"] = o.checkpoint;
  json["monitor"] = o.monitor;
  json["mode"] = o.mode;
  json["save-best-only"] = o.save_best_only;
  json["threads"] = o.threads;
  return json.dump();
}

}  // namespace lathe::apps
