#include "apps/segmentation_options.h"

#include "apps/command_line.h"

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
  app.add_option("--scenes", o.scenes,
                 "Generated scenes to train on where no folder is given")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
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
  return parse(app, count, arguments, options,
               [&] { return wrong_combination(options); });
}

}  // namespace lathe::apps
