#include "augment/mixed_parts.h"

#include <algorithm>

#include "core/error.h"

namespace lathe::augment {
namespace {

void add(const MixedPart& part, MixedParts& result) {
  if (part.left < part.right && part.top < part.bottom) result.push_back(part);
}

MixedPart cut(MixedPart part, const MixedPart& to) {
  part.left = std::max(part.left, to.left);
  part.top = std::max(part.top, to.top);
  part.right = std::min(part.right, to.right);
  part.bottom = std::min(part.bottom, to.bottom);
  return part;
}

void add_weighted(const MixedParts& parts, float weight, MixedParts& result) {
  for (MixedPart part : parts) {
    part.weight *= weight;
    result.push_back(part);
  }
}

// What is above, below, left and right of a rectangle, and then what the
// partner has in it.
void cut_mix(const MixStep& step, const MixedParts& own,
             const MixedParts& partner, ImageSize size, MixedParts& result) {
  const auto number = [&](std::size_t i) {
    return static_cast<std::int64_t>(step.numbers[i]);
  };
  const MixedPart hole{.left = number(0),
                       .top = number(1),
                       .right = number(2),
                       .bottom = number(3)};
  const MixedPart around[] = {
      {.right = size.width, .bottom = hole.top},
      {.top = hole.bottom, .right = size.width, .bottom = size.height},
      {.top = hole.top, .right = hole.left, .bottom = hole.bottom},
      {.left = hole.right,
       .top = hole.top,
       .right = size.width,
       .bottom = hole.bottom}};
  for (const MixedPart& part : own) {
    for (const MixedPart& side : around) add(cut(part, side), result);
  }
  for (const MixedPart& part : partner) add(cut(part, hole), result);
}

struct Places {
  std::int64_t first = 0;
  std::int64_t last = 0;  // exclusive
};

// The places of an axis of a mosaic that show pixels [first, last) of a tile.
// Positions rise from place to place, so these are neighbours.
Places seen_at(const MixStep& step, float start, std::int64_t extent,
               std::int32_t tile, Places pixels) {
  Places result;
  bool any = false;
  for (std::int64_t i = 0; i < extent; ++i) {
    const TilePosition at = tile_position(step.numbers[0], start, i, extent);
    const std::int64_t pixel =
        clamp_index(nearest_index(at.position), static_cast<int>(extent));
    if (at.tile != tile || pixel < pixels.first || pixel >= pixels.last) {
      continue;
    }
    if (!any) result.first = i;
    any = true;
    result.last = i + 1;
  }
  return result;
}

void add_mosaic(const MixStep& step, std::int64_t n, ImageSize size,
                std::span<const MixedParts> batch, MixedParts& result) {
  for (std::int32_t tile = 0; tile < 4; ++tile) {
    const auto source = static_cast<std::size_t>(tile_sample(step, n, tile));
    for (MixedPart part : batch[source]) {
      const Places columns = seen_at(step, step.numbers[1], size.width,
                                     tile % 2, {part.left, part.right});
      const Places rows = seen_at(step, step.numbers[2], size.height, tile / 2,
                                  {part.top, part.bottom});
      part.left = columns.first;
      part.right = columns.last;
      part.top = rows.first;
      part.bottom = rows.last;
      add(part, result);
    }
  }
}

}  // namespace

void mix_parts(const MixStep& step, std::int64_t n, ImageSize size,
               std::span<const MixedParts> batch, MixedParts& result) {
  result.clear();
  const MixedParts& own = batch[static_cast<std::size_t>(n)];
  const auto partner = static_cast<std::size_t>(step.partners[0]);
  switch (step.kind) {
    case MixKind::none:
      result = own;
      return;
    case MixKind::mixup:
      add_weighted(own, step.numbers[0], result);
      add_weighted(batch[partner], 1 - step.numbers[0], result);
      return;
    case MixKind::cutmix:
      return cut_mix(step, own, batch[partner], size, result);
    case MixKind::mosaic:
      return add_mosaic(step, n, size, batch, result);
    case MixKind::copy_paste:
      fail(
          "copy_paste: the part of a partner depends on masks, which labels "
          "don't follow");
  }
}

void spread(ImageSize from, ImageSize to, MixedParts& parts) {
  const auto area = static_cast<double>(from.height * from.width);
  for (MixedPart& part : parts) {
    part.weight = static_cast<float>(part.weight *
                                     static_cast<double>(part.pixels()) / area);
    part.left = 0;
    part.top = 0;
    part.right = to.width;
    part.bottom = to.height;
  }
}

}  // namespace lathe::augment
