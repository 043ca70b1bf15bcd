#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "train/data/classified_set.h"

namespace lathe::train {

/// Grey images and labels in a pair of IDX files, as MNIST, Fashion-MNIST and
/// EMNIST are given out: of a part "train" these are train-images-idx3-ubyte
/// and train-labels-idx1-ubyte, as they are or as .gz. They are held in memory.
/// Classes are called by their numbers, or by Fashion-MNIST's names for them
/// where the folder's name says that this is it.
class IdxDataset : public ClassifiedSet {
 public:
  /// Throws Error where a file is missing, is no such file or is cut short
  /// (read_idx), where there are more or fewer labels than images, and where a
  /// label is beyond the class names given.
  IdxDataset(const std::filesystem::path& folder, std::string_view part,
             ClassifiedSetOptions options = {});

 protected:
  void read_image(std::int64_t place, const Tensor& image) const override;
  std::string image_name(std::int64_t place) const override;

 private:
  std::filesystem::path file_;
  Tensor images_;  // (N, h, w)
};

}  // namespace lathe::train
