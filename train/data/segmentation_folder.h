#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/graph/operations/convolution.h"
#include "train/data/dataset.h"
#include "train/data/mask_colors.h"
#include "train/data/mask_values.h"

namespace lathe::train {

struct SegmentationFolderOptions {
  graph::Size2D size = {224, 224};
  /// Take windows of that size instead of resizing: one drawn for each sample
  /// and epoch in training, else the one in the middle. Smaller images lie in
  /// the middle of black that doesn't count.
  bool crop = false;
  /// Draw them by class (balanced_window).
  bool balanced = false;
  std::int64_t batch_size = 16;
  /// 1 for object and background.
  std::int64_t classes = 1;
  /// See MaskValues.
  std::string mask_values{};
  /// Where given, masks are of colours and have no mask_values.
  std::optional<MaskColors> mask_colors = std::nullopt;
  /// What the masks' names have behind the images', such as "_mask"; found
  /// where it is not given.
  std::optional<std::string> mask_suffix = std::nullopt;
  /// Use only the first ones; 0 for all.
  std::int64_t limit = 0;
  /// Leave out images without a mask and masks without an image instead of
  /// refusing the folder.
  bool skip_unpaired = false;
};

/// An image, uint8 (H, W, 3), and its class ids, uint8 (H, W, 1).
struct WholeSample {
  Tensor image;
  Tensor ids;
};

/// Photographs and their masks in two folders, paired by the name without its
/// ending. Hidden files and those that are no images are skipped and counted.
/// A sample is the image (H, W, 3) and the class ids (H, W, 1), both resized to
/// `size`, the ids to the nearest, or a window of both; samples are in the
/// order of their names.
class SegmentationFolder : public Dataset {
 public:
  /// Throws Error where a folder is missing or empty, and where names don't
  /// pair up.
  SegmentationFolder(const std::filesystem::path& images,
                     const std::filesystem::path& masks,
                     SegmentationFolderOptions options);

  std::int64_t size() const override {
    return static_cast<std::int64_t>(pairs_.size());
  }
  TensorSpec image_spec() const override;
  TensorSpec target_spec() const override;
  void read(std::int64_t index, const Tensor& image,
            const Tensor& mask) const override;
  bool draws() const override { return options_.crop; }
  void read_drawn(std::int64_t index, const RandomKey& key, const Tensor& image,
                  const Tensor& mask) const override;
  /// A sample as large as its image is.
  WholeSample read_whole(std::int64_t index) const;
  void count_pixels(std::int64_t index,
                    std::span<std::int64_t> counts) const override;
  std::int64_t batch_size() const override { return options_.batch_size; }
  std::string name(std::int64_t index) const override;

  const SegmentationFolderOptions& options() const { return options_; }
  /// What was found, in a line: "367 pairs, masks end in _mask, 2 files
  /// skipped".
  std::string report() const;

 private:
  struct Pair {
    std::filesystem::path image;
    std::filesystem::path mask;
  };

  const Pair& pair(std::int64_t index) const {
    return pairs_[static_cast<std::size_t>(index)];
  }
  /// The class ids of a mask, of its file's size.
  Tensor read_ids(const std::filesystem::path& mask) const;

  SegmentationFolderOptions options_;
  MaskValues values_;
  std::vector<Pair> pairs_;
  std::string suffix_;
  std::int64_t skipped_ = 0;
  std::int64_t unpaired_ = 0;
};

}  // namespace lathe::train
