#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "train/data/dataset.h"

namespace lathe::train {

/// Another set whose samples are kept in memory once read, as uint8, as many as
/// the budget holds; what is drawn is not kept. Reading is safe from several
/// threads.
class SampleCache : public Dataset {
 public:
  SampleCache(std::shared_ptr<const Dataset> source, std::size_t budget_bytes);

  /// A quarter of the memory that the machine could give now.
  static std::size_t automatic_budget();

  std::int64_t size() const override { return source_->size(); }
  TensorSpec image_spec() const override { return source_->image_spec(); }
  TensorSpec target_spec() const override { return source_->target_spec(); }
  void read(std::int64_t index, const Tensor& image,
            const Tensor& target) const override;
  bool draws() const override { return source_->draws(); }
  void read_drawn(std::int64_t index, const RandomKey& key, const Tensor& image,
                  const Tensor& target) const override {
    if (!draws()) return read(index, image, target);
    source_->read_drawn(index, key, image, target);
  }
  void count_pixels(std::int64_t index,
                    std::span<std::int64_t> counts) const override {
    source_->count_pixels(index, counts);
  }
  std::uint32_t sample_id(std::int64_t index) const override {
    return source_->sample_id(index);
  }
  std::int32_t label(std::int64_t index) const override {
    return source_->label(index);
  }
  std::int64_t batch_size() const override { return source_->batch_size(); }
  std::string name(std::int64_t index) const override {
    return source_->name(index);
  }

  /// How many samples the budget holds, and the bytes they take.
  std::int64_t capacity() const { return capacity_; }
  std::size_t bytes() const;

 private:
  std::shared_ptr<const Dataset> source_;
  std::int64_t capacity_ = 0;
  std::size_t image_bytes_ = 0;
  std::size_t target_bytes_ = 0;
  /// Sample i < capacity lies at i (image_bytes + target_bytes). Pages are only
  /// taken when written.
  std::unique_ptr<std::byte[], void (*)(std::byte*)> memory_;
  /// By sample: 0 absent, 1 being written, 2 there.
  mutable std::vector<std::atomic<std::uint8_t>> states_;
};

}  // namespace lathe::train
