#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/philox.h"
#include "core/tensor.h"

namespace lathe::train {

/// Samples that can be read in any order, by several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual std::int64_t size() const = 0;
  /// The specs of one sample: the image, uint8 (H, W, C), and the target, a
  /// mask uint8 (H, W, 1) of class ids or int32 (1), the image's class.
  virtual TensorSpec image_spec() const = 0;
  virtual TensorSpec target_spec() const = 0;
  /// Writes sample `index` of [0, size()) into tensors of these specs. Throws
  /// Error naming the file that can't be read.
  virtual void read(std::int64_t index, const Tensor& image,
                    const Tensor& target) const = 0;
  /// Whether training sees another part of a sample in each epoch, which it
  /// gets by read_drawn().
  virtual bool draws() const { return false; }
  /// As read(), for training: draws what there is to draw, from this key alone.
  virtual void read_drawn(std::int64_t index, const RandomKey& /*key*/,
                          const Tensor& image, const Tensor& target) const {
    read(index, image, target);
  }
  /// Adds how many pixels of a sample's mask, as its file has it, are of each
  /// class; those to ignore don't count. Throws Error naming the sample where
  /// one is of no class.
  virtual void count_pixels(std::int64_t index,
                            std::span<std::int64_t> counts) const;
  /// What identifies a sample when it is in a part of a set.
  virtual std::uint32_t sample_id(std::int64_t index) const {
    return static_cast<std::uint32_t>(index);
  }
  /// The image's class where targets are classes, known without reading; else
  /// -1.
  virtual std::int32_t label(std::int64_t /*index*/) const { return -1; }
  /// Samples a step, unless a loader is told otherwise.
  virtual std::int64_t batch_size() const { return 16; }
  /// A name for messages: the file.
  virtual std::string name(std::int64_t index) const {
    return std::to_string(index);
  }
};

/// Some samples of another set, which it keeps alive.
class Subset : public Dataset {
 public:
  Subset(std::shared_ptr<const Dataset> whole,
         std::vector<std::int64_t> indices);

  std::int64_t size() const override {
    return static_cast<std::int64_t>(indices_.size());
  }
  TensorSpec image_spec() const override { return whole_->image_spec(); }
  TensorSpec target_spec() const override { return whole_->target_spec(); }
  void read(std::int64_t index, const Tensor& image,
            const Tensor& target) const override {
    whole_->read(at(index), image, target);
  }
  bool draws() const override { return whole_->draws(); }
  void read_drawn(std::int64_t index, const RandomKey& key, const Tensor& image,
                  const Tensor& target) const override {
    whole_->read_drawn(at(index), key, image, target);
  }
  void count_pixels(std::int64_t index,
                    std::span<std::int64_t> counts) const override {
    whole_->count_pixels(at(index), counts);
  }
  std::uint32_t sample_id(std::int64_t index) const override {
    return whole_->sample_id(at(index));
  }
  std::int32_t label(std::int64_t index) const override {
    return whole_->label(at(index));
  }
  std::int64_t batch_size() const override { return whole_->batch_size(); }
  std::string name(std::int64_t index) const override {
    return whole_->name(at(index));
  }

 private:
  std::int64_t at(std::int64_t index) const {
    return indices_[static_cast<std::size_t>(index)];
  }

  std::shared_ptr<const Dataset> whole_;
  std::vector<std::int64_t> indices_;
};

/// Adds how many class ids, uint8, are of each class; `name` is for errors, as
/// Dataset::count_pixels has them.
void add_pixel_counts(const Tensor& ids, std::span<std::int64_t> counts,
                      std::string_view name);

struct Split {
  std::shared_ptr<const Dataset> train;
  std::shared_ptr<const Dataset> validation;
};

/// Puts `fraction` of the samples (at least one where it is above 0) into
/// validation, chosen by a permutation of the seed's. Throws Error where
/// nothing would be left to train on.
Split split(const std::shared_ptr<const Dataset>& data, double fraction,
            std::uint64_t seed);

/// The same, but of each class `fraction` of its samples: at least one where
/// it has two (and `fraction` is above 0), and never all. Throws Error also
/// where a sample has no label().
Split stratified_split(const std::shared_ptr<const Dataset>& data,
                       double fraction, std::uint64_t seed);

/// The numbers 0 .. count - 1 in the order of a seed, an epoch and a stream
/// (Fisher and Yates' shuffle).
std::vector<std::int64_t> permutation(std::int64_t count, std::uint64_t seed,
                                      std::uint32_t epoch,
                                      std::uint32_t stream);

}  // namespace lathe::train
