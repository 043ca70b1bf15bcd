#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/graph/operations/pooling.h"
#include "core/graph/operations/upsampling.h"

namespace lathe::cpu {

/// A place that is read, its weight, and where in a pooling window it lies.
struct Tap {
  std::int64_t source = 0;
  std::int64_t position = 0;
  float weight = 1;
};

/// What each place of an axis reads on another axis. Pooling, upsampling and
/// their gradients are all made of one for the height and one for the width.
class AxisMap {
 public:
  explicit AxisMap(std::vector<std::vector<Tap>> taps);

  std::span<const Tap> operator[](std::int64_t place) const {
    const auto first = starts_[static_cast<std::size_t>(place)];
    const auto last = starts_[static_cast<std::size_t>(place) + 1];
    return std::span(taps_).subspan(first, last - first);
  }
  std::int64_t size() const {
    return static_cast<std::int64_t>(starts_.size()) - 1;
  }

  /// What each of `sources` places is read by.
  AxisMap transposed(std::int64_t sources) const;

 private:
  std::vector<std::size_t> starts_;
  std::vector<Tap> taps_;
};

/// The maps of an image's height and width.
struct ImageMap {
  AxisMap height;
  AxisMap width;
};

/// Each output's window, without what lies in the padding; the weights of a
/// window are its mean's.
ImageMap pooling_map(const graph::Window2D& window, graph::Size2D image,
                     graph::Size2D output);
ImageMap upsampling_map(graph::UpSamplingKind kind, graph::Size2D factor,
                        graph::Size2D image);
ImageMap transposed(const ImageMap& map, graph::Size2D image);

}  // namespace lathe::cpu
