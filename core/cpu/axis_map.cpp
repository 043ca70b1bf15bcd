#include "core/cpu/axis_map.h"

#include <algorithm>
#include <cmath>

namespace lathe::cpu {
namespace {

AxisMap pooling_axis(std::int64_t kernel, std::int64_t stride,
                     std::int64_t before, std::int64_t size,
                     std::int64_t outputs) {
  std::vector<std::vector<Tap>> taps(static_cast<std::size_t>(outputs));
  for (std::int64_t o = 0; o < outputs; ++o) {
    auto& window = taps[static_cast<std::size_t>(o)];
    for (std::int64_t k = 0; k < kernel; ++k) {
      const std::int64_t source = o * stride - before + k;
      if (source >= 0 && source < size) {
        window.push_back({.source = source, .position = k});
      }
    }
    for (Tap& tap : window) {
      tap.weight = 1 / static_cast<float>(window.size());
    }
  }
  return AxisMap(std::move(taps));
}

AxisMap upsampling_axis(graph::UpSamplingKind kind, std::int64_t factor,
                        std::int64_t size) {
  std::vector<std::vector<Tap>> taps(static_cast<std::size_t>(size * factor));
  for (std::int64_t o = 0; o < size * factor; ++o) {
    auto& reads = taps[static_cast<std::size_t>(o)];
    if (kind == graph::UpSamplingKind::nearest || factor == 1) {
      reads.push_back({.source = o / factor});
      continue;
    }
    const double place =
        (static_cast<double>(o) + 0.5) / static_cast<double>(factor) - 0.5;
    const auto low = static_cast<std::int64_t>(std::floor(place));
    const double share = place - static_cast<double>(low);
    const std::int64_t first = std::max<std::int64_t>(low, 0);
    const std::int64_t second = std::min(low + 1, size - 1);
    if (first == second) {
      reads.push_back({.source = first});
      continue;
    }
    reads.push_back({.source = first, .weight = static_cast<float>(1 - share)});
    reads.push_back({.source = second, .weight = static_cast<float>(share)});
  }
  return AxisMap(std::move(taps));
}

}  // namespace

AxisMap::AxisMap(std::vector<std::vector<Tap>> taps) {
  for (const auto& some : taps) {
    starts_.push_back(taps_.size());
    taps_.insert(taps_.end(), some.begin(), some.end());
  }
  starts_.push_back(taps_.size());
}

AxisMap AxisMap::transposed(std::int64_t sources) const {
  std::vector<std::vector<Tap>> taps(static_cast<std::size_t>(sources));
  for (std::int64_t place = 0; place < size(); ++place) {
    for (const Tap& tap : (*this)[place]) {
      taps[static_cast<std::size_t>(tap.source)].push_back(
          {.source = place, .position = tap.position, .weight = tap.weight});
    }
  }
  return AxisMap(std::move(taps));
}

ImageMap pooling_map(const graph::Window2D& window, graph::Size2D image,
                     graph::Size2D output) {
  return {
      .height = pooling_axis(window.kernel.height, window.strides.height,
                             window.padding.top, image.height, output.height),
      .width = pooling_axis(window.kernel.width, window.strides.width,
                            window.padding.left, image.width, output.width)};
}

ImageMap upsampling_map(graph::UpSamplingKind kind, graph::Size2D factor,
                        graph::Size2D image) {
  return {.height = upsampling_axis(kind, factor.height, image.height),
          .width = upsampling_axis(kind, factor.width, image.width)};
}

ImageMap transposed(const ImageMap& map, graph::Size2D image) {
  return {.height = map.height.transposed(image.height),
          .width = map.width.transposed(image.width)};
}

}  // namespace lathe::cpu
