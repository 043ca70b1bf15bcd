#include "apps/segmentation_options.h"

#include <CLI/CLI.hpp>

#include "apps/command_line.h"
#include "core/error.h"
#include "train/data/mask_colors.h"

namespace lathe::apps {
namespace {

void add_segmentation_options(CLI::App& app, SegmentationOptions& o) {
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
  app.add_option("--classes", o.classes,
                 "1 for object and background, else the number of classes; "
                 "those of --mask-colors where it is given")
      ->check(CLI::Range(1, 254))
      ->capture_default_str()
      ->group(group);
  add_mask_file_options(app, o, group);
  app.add_option(
         "--crop", o.crop,
         "Train on windows of N x N pixels of images that are not "
         "resized, each epoch on another; those in the middle validate. "
         "In place of --size; 0 for none")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  app.add_flag("--crop-balanced", o.crop_balanced,
               "Put each window about a pixel of a drawn class, all in its "
               "image being as likely")
      ->group(group);
  app.add_option("--scenes", o.scenes,
                 "Generated scenes to train on where no folder is given")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  const std::string training = "Training";
  app.add_option("--loss", o.loss,
                 "crossentropy, focal(gamma=2), dice or crossentropy+dice; "
                 "focal takes alpha=0.25, or one a class as alpha=0.2:0.8")
      ->capture_default_str()
      ->group(training);
  app.add_option("--class-weights", o.class_weights,
                 "What pixels count by their class: none, balanced (rare "
                 "classes more, so that all count the same), or a number a "
                 "class such as 1,2.5,0.5")
      ->capture_default_str()
      ->group(training);
}

// What is wrong, if anything; what depends on other options is settled.
std::string settle(SegmentationOptions& o) {
  if (!o.data.empty() && (!o.images.empty() || !o.masks.empty())) {
    return "--data stands for --images and --masks; give one or the other";
  }
  if (o.images.empty() != o.masks.empty()) {
    return "--images and --masks go together";
  }
  if (o.val_images.empty() != o.val_masks.empty()) {
    return "--val-images and --val-masks go together";
  }
  if (std::string wrong = wrong_combination(o); !wrong.empty()) return wrong;
  if (!o.mask_colors.empty()) {
    const auto classes = static_cast<std::int64_t>(
        train::MaskColors(o.mask_colors).class_names().size());
    // Two are background and object.
    if (o.classes == 1) o.classes = classes == 2 ? 1 : classes;
    if (std::max<std::int64_t>(o.classes, 2) != classes) {
      return concat("--classes is ", o.classes, ", and ",
                    o.mask_colors.string(), " has ", classes);
    }
  }
  if (o.loss.starts_with("dice") && o.class_weights != "none") {
    return "--class-weights goes with the other losses: dice is no sum over "
           "pixels, and of several classes it counts each the same";
  }
  if (o.crop_balanced && o.crop == 0) {
    return "--crop-balanced says how --crop draws; give both";
  }
  if (o.crop > 0 && o.generated()) {
    return "--crop is for photographs in folders; scenes are drawn as large as "
           "--size says";
  }
  if (o.crop > 0) o.size = o.crop;
  if (o.size < 16 || o.size % 16 != 0) {
    return (o.crop > 0 ? "--crop is " : "--size is ") + std::to_string(o.size) +
           "; the U-Net takes multiples of 16, such as " +
           std::to_string(std::max<std::int64_t>(16, (o.size + 8) / 16 * 16));
  }
  return {};
}

}  // namespace

std::optional<int> parse(int count, const char* const* arguments,
                         SegmentationOptions& options) {
  CLI::App app{
      "Trains a U-Net on photographs and their masks.\n"
      "Without a folder it trains on generated scenes."};
  prepare(app, "train_segmentation");
  options.augment = "flip=horizontal_and_vertical";
  options.output = "runs/segmentation";
  add_segmentation_options(app, options);
  add_options(app, options,
              "Side in pixels to which samples are resized; a multiple of 16",
              {"step", "loader", "none"});
  return parse(app, count, arguments, options, [&] { return settle(options); });
}

}  // namespace lathe::apps
