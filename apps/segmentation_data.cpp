#include "apps/segmentation_data.h"

#include "core/error.h"
#include "train/data/sample_cache.h"
#include "train/data/scene_set.h"
#include "train/data/segmentation_folder.h"

namespace lathe::apps {
namespace {

using train::Dataset;
using Data = std::shared_ptr<const Dataset>;

Data open_folder(const SegmentationOptions& o,
                 const std::filesystem::path& images,
                 const std::filesystem::path& masks, std::string& report) {
  train::SegmentationFolderOptions options{.size = {o.size, o.size},
                                           .batch_size = o.batch,
                                           .classes = o.classes,
                                           .mask_values = o.mask_values,
                                           .limit = o.limit,
                                           .skip_unpaired = o.skip_bad};
  if (!o.mask_suffix.empty()) options.mask_suffix = o.mask_suffix;
  auto folder =
      std::make_shared<train::SegmentationFolder>(images, masks, options);
  report += folder->report();
  return folder;
}

// The budget is shared by the sets in the order in which they come.
Data cached(const Data& data, const SegmentationOptions& options,
            std::size_t& budget, std::string& report) {
  if (options.cache == "none" || !data) return data;
  auto cache = std::make_shared<train::SampleCache>(data, budget);
  budget -= std::min(budget, cache->bytes());
  if (cache->capacity() < data->size()) {
    report += concat("; memory keeps ", cache->capacity(), " of them");
  } else {
    report += concat("; kept in memory once read (", cache->bytes() / 1000000,
                     " MB)");
  }
  return cache;
}

}  // namespace

SegmentationData open_data(const SegmentationOptions& o) {
  SegmentationData data;
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
  std::size_t budget = train::SampleCache::automatic_budget();
  data.train = cached(data.train, o, budget, data.report);
  std::string ignored;
  data.validation = cached(data.validation, o, budget, ignored);
  return data;
}

}  // namespace lathe::apps
