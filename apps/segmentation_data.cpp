#include "apps/segmentation_data.h"

#include "core/error.h"
#include "train/data/scene_set.h"
#include "train/data/segmentation_folder.h"

namespace lathe::apps {
namespace {

using Data = std::shared_ptr<const train::Dataset>;

Data open_folder(const SegmentationOptions& o,
                 const std::filesystem::path& images,
                 const std::filesystem::path& masks, std::string& report) {
  train::SegmentationFolderOptions options{.size = {o.size, o.size},
                                           .crop = o.crop > 0,
                                           .balanced = o.crop_balanced,
                                           .batch_size = o.batch,
                                           .classes = o.classes,
                                           .limit = o.limit,
                                           .skip_unpaired = o.skip_bad};
  o.set(options);
  auto folder =
      std::make_shared<train::SegmentationFolder>(images, masks, options);
  report += folder->report();
  return folder;
}

}  // namespace

TrainingData open_data(const SegmentationOptions& o) {
  TrainingData data;
  Data all;
  if (o.generated()) {
    if (o.classes != 1) {
      fail(
          "train_segmentation: the generated scenes have one class; give "
          "--data for ",
          o.classes);
    }
    all = std::make_shared<train::SceneSet>(train::SceneSetOptions{
        .size = {o.size, o.size},
        .count = o.limit > 0 ? std::min(o.limit, o.scenes) : o.scenes,
        .seed = o.seed,
        .batch_size = o.batch});
    data.report = concat(all->size(), " generated scenes");
  } else {
    const bool one_folder = !o.data.empty();
    all = open_folder(o, one_folder ? o.data / "images" : o.images,
                      one_folder ? o.data / "masks" : o.masks, data.report);
  }
  if (!o.val_images.empty()) {
    data.train = all;
    data.report += " to train on; ";
    data.validation = open_folder(o, o.val_images, o.val_masks, data.report);
    data.report += " to validate with";
  } else if (o.val_fraction > 0) {
    const train::Split parts = train::split(all, o.val_fraction, o.seed);
    data.train = parts.train;
    data.validation = parts.validation;
    data.report += concat(": ", data.train->size(), " to train on, ",
                          data.validation->size(), " to validate with");
  } else {
    data.train = all;
  }
  keep_in_memory(data, o);
  return data;
}

}  // namespace lathe::apps
