#include "apps/preview_samples.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "apps/past_run.h"
#include "augment/json.h"
#include "core/error.h"
#include "core/image/read_image.h"
#include "train/data/classification_folder.h"
#include "train/data/image_files.h"
#include "train/data/scene_set.h"
#include "train/data/segmentation_folder.h"

namespace lathe::apps {

namespace {

namespace fs = std::filesystem;

/// Photographs without anything to learn.
class Photographs final : public train::Dataset {
 public:
  Photographs(const fs::path& folder, const PreviewOptions& options)
      : side_(options.size), paths_(train::find_images(folder, true).paths) {
    if (options.limit > 0 && options.limit < size()) {
      paths_.resize(static_cast<std::size_t>(options.limit));
    }
  }

  std::int64_t size() const override {
    return static_cast<std::int64_t>(paths_.size());
  }
  TensorSpec image_spec() const override {
    return {{side_, side_, 3}, DType::uint8};
  }
  TensorSpec target_spec() const override { return {{1}, DType::int32}; }
  void read(std::int64_t index, const Tensor& image,
            const Tensor& /*target*/) const override {
    image::read_image(paths_[static_cast<std::size_t>(index)], image);
  }
  std::string name(std::int64_t index) const override {
    return paths_[static_cast<std::size_t>(index)].string();
  }

 private:
  std::int64_t side_;
  std::vector<fs::path> paths_;
};

bool holds_images(const fs::path& folder) {
  return std::ranges::any_of(
      fs::directory_iterator(folder), [](const fs::directory_entry& entry) {
        return image::is_image_name(entry.path()) && entry.is_regular_file();
      });
}

using Data = std::shared_ptr<const train::Dataset>;

Data open(const PreviewOptions& o) {
  if (o.images.empty()) {
    train::SceneSetOptions options{.size = {o.size, o.size}, .seed = o.seed};
    if (o.limit > 0) options.count = std::min(options.count, o.limit);
    return std::make_shared<train::SceneSet>(options);
  }
  if (!o.masks.empty()) {
    // Masks of any number of classes, as the files have them.
    constexpr std::int64_t kMostClasses = 255;
    return std::make_shared<train::SegmentationFolder>(
        o.images, o.masks,
        train::SegmentationFolderOptions{.size = {o.size, o.size},
                                         .classes = kMostClasses,
                                         .limit = o.limit});
  }
  if (holds_images(o.images)) return std::make_shared<Photographs>(o.images, o);
  return std::make_shared<train::ClassificationFolder>(
      o.images,
      train::ClassifiedSetOptions{.size = {o.size, o.size}, .limit = o.limit});
}

// What a training program trains on of it.
Data to_train_on(const Data& all, const PreviewOptions& o) {
  if (o.val_fraction == 0) return all;
  const bool has_classes = all->label(0) >= 0;
  return (has_classes ? train::stratified_split : train::split)(
             all, o.val_fraction, o.seed)
      .train;
}

// Rows for `count` samples, still empty.
PreviewSamples rows_for(const train::Dataset& data, std::int64_t count) {
  const auto tensor = [&](const TensorSpec& one) {
    const Shape& shape = one.shape;
    return Tensor({count, shape[0], shape[1], shape[2]}, one.dtype);
  };
  const TensorSpec target = data.target_spec();
  return {.images = tensor(data.image_spec()),
          .masks = target.shape.rank() == 3 ? tensor(target) : Tensor(),
          .ids = {},
          .names = {}};
}

// Reads a sample into the next row.
void read_row(const train::Dataset& data, std::int64_t place, std::int64_t row,
              PreviewSamples& samples) {
  const TensorSpec target = data.target_spec();
  data.read(place,
            samples.images.rows(row, 1).reshaped(data.image_spec().shape),
            samples.masks.empty()
                ? Tensor(target.shape, target.dtype)
                : samples.masks.rows(row, 1).reshaped(target.shape));
  samples.ids.push_back(data.sample_id(place));
  samples.names.push_back(data.name(place));
}

PreviewSamples read(const train::Dataset& data,
                    const std::vector<std::int64_t>& places) {
  PreviewSamples samples =
      rows_for(data, static_cast<std::int64_t>(places.size()));
  for (std::size_t i = 0; i < places.size(); ++i) {
    read_row(data, places[i], static_cast<std::int64_t>(i), samples);
  }
  return samples;
}

}  // namespace

PreviewSource open_source(const PreviewOptions& options) {
  if (!options.run.empty()) {
    PastRun run = read_run(options.run);
    return {.augmentation = std::move(run.augmentation),
            .data = std::move(run.data.train),
            .loader = std::move(run.loader)};
  }
  PreviewSource source{.augmentation = augment::read_pipeline(options.augment),
                       .data = open(options),
                       .loader = {.batch_size = options.batch,
                                  .shuffle = !options.no_shuffle,
                                  .seed = options.seed}};
  if (!options.replay.empty() && source.augmentation.mixes()) {
    source.data = to_train_on(source.data, options);
  }
  return source;
}

PreviewSamples first_samples(const train::Dataset& data, std::int64_t count) {
  std::vector<std::int64_t> places(
      static_cast<std::size_t>(std::min(count, data.size())));
  std::iota(places.begin(), places.end(), std::int64_t{0});
  return read(data, places);
}

PreviewSamples spread_samples(const train::Dataset& data, std::int64_t count) {
  count = std::min(count, data.size());
  PreviewSamples samples = rows_for(data, count);
  std::int64_t row = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    try {
      read_row(data, i * data.size() / count, row, samples);
      ++row;
    } catch (const Error&) {
      // Whoever trains with it says so.
    }
  }
  samples.images = samples.images.rows(0, row);
  if (!samples.masks.empty()) samples.masks = samples.masks.rows(0, row);
  return samples;
}

PreviewSamples one_sample(const train::Dataset& data, std::uint32_t id) {
  if (id >= data.size()) {
    fail("augment_preview: there is no sample ", id, "; there are 0 to ",
         data.size() - 1);
  }
  return read(data, {id});
}

PreviewSamples batch_with(const PreviewSource& source, std::uint32_t epoch,
                          std::uint32_t id) {
  const train::Dataset& data = *source.data;
  train::LoaderOptions loader = source.loader;
  loader.epoch = epoch;
  const std::int64_t steps = data.size() / loader.batch_size;
  const std::vector<std::int64_t> order = train::loading_order(data, loader);
  const auto place = std::ranges::find(
      order, id, [&](std::int64_t each) { return data.sample_id(each); });
  if (place == order.end()) {
    fail("augment_preview: a training has no sample ", id, "; it has ",
         data.size(), " of 0 to ", data.sample_id(data.size() - 1),
         ", and what is left of these validates");
  }
  loader.first_step = (place - order.begin()) / loader.batch_size;
  if (loader.first_step >= steps) {
    fail("augment_preview: a training doesn't see sample ", id, " in epoch ",
         epoch + 1, ": ", data.size(), " samples fill ", steps, " batches of ",
         loader.batch_size, ", and it is one of those left over");
  }
  loader.prefetch = 0;
  train::Loader batches(data, loader);
  train::Batch batch;
  batches.next(batch);
  std::map<std::uint32_t, fs::path> names;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    names[data.sample_id(i)] = data.name(i);
  }
  PreviewSamples samples = rows_for(data, loader.batch_size);
  samples.images.copy_from(batch.images);
  if (!samples.masks.empty()) samples.masks.copy_from(batch.targets);
  samples.ids = batch.sample_ids;
  for (const std::uint32_t each : samples.ids) {
    samples.names.push_back(names[each]);
  }
  return samples;
}

std::int64_t place_of(const PreviewSamples& samples, std::uint32_t id) {
  const auto found = std::ranges::find(samples.ids, id);
  if (found == samples.ids.end()) {
    fail("augment_preview: sample ", id,
         " could not be read in that epoch, and the one behind it took its "
         "place");
  }
  return found - samples.ids.begin();
}

}  // namespace lathe::apps
