#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/graph/operations/convolution.h"
#include "train/data/dataset.h"

namespace lathe::train {

struct ClassifiedSetOptions {
  graph::Size2D size = {224, 224};
  /// 3 for colour, 1 for grey.
  std::int64_t channels = 3;
  std::int64_t batch_size = 16;
  /// Use only so many, the first of each class in turn; 0 for all.
  std::int64_t limit = 0;
  /// The classes in order where they are settled, as a validation set's are by
  /// its training set; otherwise they are found.
  std::vector<std::string> class_names{};
};

/// Images that have one class each. A sample is the image, uint8 (H, W,
/// channels), resized to `size`, and its class, int32 (1). What the sets below
/// share.
class ClassifiedSet : public Dataset {
 public:
  std::int64_t size() const override {
    return static_cast<std::int64_t>(labels_.size());
  }
  TensorSpec image_spec() const override;
  TensorSpec target_spec() const override { return {{1}, DType::int32}; }
  void read(std::int64_t index, const Tensor& image,
            const Tensor& target) const override;
  std::int32_t label(std::int64_t index) const override {
    return labels_[static_cast<std::size_t>(index)];
  }
  std::int64_t batch_size() const override { return options_.batch_size; }
  std::string name(std::int64_t index) const override;

  const ClassifiedSetOptions& options() const { return options_; }
  const std::vector<std::string>& class_names() const {
    return options_.class_names;
  }
  /// The class of every sample, in order.
  const std::vector<std::int32_t>& labels() const { return labels_; }
  /// What was found, in a line: "2527 images in 6 classes, 137 to 594 a class,
  /// 3 other files skipped".
  std::string report() const;

 protected:
  /// Throws Error for a size or channels that no image can have.
  explicit ClassifiedSet(ClassifiedSetOptions options);
  /// What a set found, told at the end of its construction: its classes, the
  /// class of each of its images, and how many files it left out.
  void settle(std::vector<std::string> class_names,
              const std::vector<std::int32_t>& labels,
              std::int64_t skipped = 0);
  /// Reads the image found at that place, limit or not, and gives its name.
  virtual void read_image(std::int64_t place, const Tensor& image) const = 0;
  virtual std::string image_name(std::int64_t place) const = 0;

 private:
  ClassifiedSetOptions options_;
  std::vector<std::int32_t> labels_;
  std::vector<std::int64_t> places_;
  std::int64_t skipped_ = 0;
};

/// Those of them whose images are files.
class ClassifiedFiles : public ClassifiedSet {
 protected:
  using ClassifiedSet::ClassifiedSet;
  void settle_files(std::vector<std::filesystem::path> files,
                    std::vector<std::string> class_names,
                    const std::vector<std::int32_t>& labels,
                    std::int64_t skipped = 0);
  void read_image(std::int64_t place, const Tensor& image) const override;
  std::string image_name(std::int64_t place) const override;

 private:
  std::vector<std::filesystem::path> files_;
};

}  // namespace lathe::train
