#include "apps/preview_samples.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "core/error.h"
#include "core/image/read_image.h"
#include "train/data/image_files.h"
#include "train/data/scene_set.h"
#include "train/data/segmentation_folder.h"

namespace lathe::apps {

namespace {

/// Photographs without anything to learn.
class Photographs final : public train::Dataset {
 public:
  Photographs(const std::filesystem::path& folder, std::int64_t side)
      : side_(side), paths_(train::find_images(folder, true).paths) {}

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
  std::vector<std::filesystem::path> paths_;
};

std::unique_ptr<const train::Dataset> open(const PreviewOptions& o) {
  if (o.images.empty()) {
    return std::make_unique<train::SceneSet>(
        train::SceneSetOptions{.size = {o.size, o.size}, .seed = o.seed});
  }
  if (o.masks.empty()) return std::make_unique<Photographs>(o.images, o.size);
  // Masks of any number of classes, as the files have them.
  constexpr std::int64_t kMostClasses = 255;
  return std::make_unique<train::SegmentationFolder>(
      o.images, o.masks,
      train::SegmentationFolderOptions{.size = {o.size, o.size},
                                       .classes = kMostClasses});
}

}  // namespace

PreviewSamples read_samples(const PreviewOptions& options,
                            std::vector<std::uint32_t> ids) {
  const auto data = open(options);
  if (ids.empty()) {
    ids.resize(
        static_cast<std::size_t>(std::min(options.samples, data->size())));
    std::iota(ids.begin(), ids.end(), 0U);
  }
  const auto count = static_cast<std::int64_t>(ids.size());
  const std::int64_t side = options.size;
  const bool has_masks = data->target_spec().shape.rank() == 3;
  PreviewSamples samples{
      .images = Tensor({count, side, side, 3}, DType::uint8),
      .masks =
          has_masks ? Tensor({count, side, side, 1}, DType::uint8) : Tensor(),
      .names = {},
      .ids = std::move(ids)};
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t id = samples.ids[static_cast<std::size_t>(i)];
    if (id >= data->size()) {
      fail("augment_preview: there is no sample ", id, "; there are 0 to ",
           data->size() - 1);
    }
    samples.names.push_back(
        std::filesystem::path(data->name(id)).filename().string());
    data->read(id, samples.images.rows(i, 1).reshaped({side, side, 3}),
               has_masks ? samples.masks.rows(i, 1).reshaped({side, side, 1})
                         : Tensor());
  }
  return samples;
}

}  // namespace lathe::apps
