#include "train/data/window.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/graph/operations/loss.h"

namespace lathe::train {
namespace {

// Of a window that begins at `wanted`, kept within the image.
std::int64_t kept_within(std::int64_t wanted, std::int64_t image,
                         std::int64_t window) {
  if (image < window) return -((window - image) / 2);
  return std::clamp<std::int64_t>(wanted, 0, image - window);
}

}  // namespace

WindowPlace window_at(const WindowPlace& wanted, const graph::Size2D& image,
                      const graph::Size2D& window) {
  return {.row = kept_within(wanted.row, image.height, window.height),
          .column = kept_within(wanted.column, image.width, window.width)};
}

WindowPlace middle_window(const graph::Size2D& image,
                          const graph::Size2D& window) {
  return window_at({.row = (image.height - window.height) / 2,
                    .column = (image.width - window.width) / 2},
                   image, window);
}

WindowPlace drawn_window(const graph::Size2D& image,
                         const graph::Size2D& window, Philox& random) {
  const auto below = [&](std::int64_t room) {
    return random.below(
        static_cast<std::uint32_t>(std::max<std::int64_t>(room, 0) + 1));
  };
  const std::int64_t row = below(image.height - window.height);
  return window_at({.row = row, .column = below(image.width - window.width)},
                   image, window);
}

WindowPlace balanced_window(const Tensor& ids, const graph::Size2D& window,
                            Philox& random) {
  const graph::Size2D image{ids.shape()[0], ids.shape()[1]};
  const auto values = ids.values<std::uint8_t>();
  std::array<std::uint32_t, 256> counts{};
  for (const std::uint8_t id : values) ++counts[id];
  counts[graph::kIgnoredTarget] = 0;
  std::vector<std::uint8_t> classes;
  for (std::size_t id = 0; id < counts.size(); ++id) {
    if (counts[id] > 0) classes.push_back(static_cast<std::uint8_t>(id));
  }
  if (classes.empty()) return drawn_window(image, window, random);
  const std::uint8_t chosen =
      classes[random.below(static_cast<std::uint32_t>(classes.size()))];
  std::uint32_t before = random.below(counts[chosen]);
  std::int64_t pixel = 0;
  while (values[static_cast<std::size_t>(pixel)] != chosen || before-- > 0) {
    ++pixel;
  }
  return window_at({.row = pixel / image.width - window.height / 2,
                    .column = pixel % image.width - window.width / 2},
                   image, window);
}

void copy_window(const Tensor& image, const WindowPlace& place,
                 std::uint8_t outside, const Tensor& result) {
  const Shape& from = image.shape();
  const Shape& to = result.shape();
  const std::int64_t channels = to[2];
  std::ranges::fill(result.values<std::uint8_t>(), outside);
  const std::int64_t first = std::max<std::int64_t>(-place.column, 0);
  const std::int64_t last = std::min(to[1], from[1] - place.column);
  for (std::int64_t y = 0; y < to[0] && first < last; ++y) {
    const std::int64_t row = place.row + y;
    if (row < 0 || row >= from[0]) continue;
    std::copy_n(image.data<std::uint8_t>() +
                    (row * from[1] + place.column + first) * channels,
                (last - first) * channels,
                result.data<std::uint8_t>() + (y * to[1] + first) * channels);
  }
}

}  // namespace lathe::train
