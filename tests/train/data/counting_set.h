#pragma once

#include <algorithm>
#include <atomic>
#include <set>

#include "core/error.h"
#include "train/data/dataset.h"

namespace lathe::train {

/// Samples of 2 x 3 pixels that hold their own number, some of them bad, and a
/// count of how often each was read.
class CountingSet : public Dataset {
 public:
  explicit CountingSet(std::int64_t size, std::set<std::int64_t> bad = {})
      : bad_(std::move(bad)), reads_(static_cast<std::size_t>(size)) {}

  std::int64_t size() const override {
    return static_cast<std::int64_t>(reads_.size());
  }
  TensorSpec image_spec() const override { return {{2, 3, 3}, DType::uint8}; }
  TensorSpec target_spec() const override { return {{2, 3, 1}, DType::uint8}; }
  void read(std::int64_t index, const Tensor& image,
            const Tensor& mask) const override {
    reads_[static_cast<std::size_t>(index)].fetch_add(1);
    if (bad_.contains(index)) fail("sample-", index, ".png: truncated");
    std::ranges::fill(image.values<std::uint8_t>(), value(index));
    std::ranges::fill(mask.values<std::uint8_t>(),
                      static_cast<std::uint8_t>(value(index) / 2));
  }
  /// Not the index, as in a part of a set.
  std::uint32_t sample_id(std::int64_t index) const override {
    return static_cast<std::uint32_t>(1000 + index);
  }

  static std::uint8_t value(std::int64_t index) {
    return static_cast<std::uint8_t>(index % 251);
  }
  int reads(std::int64_t index) const {
    return reads_[static_cast<std::size_t>(index)].load();
  }

 private:
  std::set<std::int64_t> bad_;
  mutable std::vector<std::atomic<int>> reads_;
};

}  // namespace lathe::train
