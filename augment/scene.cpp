#include "augment/scene.h"

#include <algorithm>

#include "core/error.h"

namespace lathe::augment {

namespace {

bool contains(const Window& window, const Point& point) {
  return point.x >= window.x0 && point.x <= window.x1 && point.y >= window.y0 &&
         point.y <= window.y1;
}

Window rectangle(std::span<const float> numbers) {
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

void hide(Keypoint& keypoint) {
  if (keypoint.visibility == Visibility::visible) {
    keypoint.visibility = Visibility::hidden;
  }
}

void move_keypoint(const Motion& motion, const Window& window,
                   Keypoint& keypoint) {
  Point point{keypoint.x, keypoint.y};
  if (keypoint.visibility == Visibility::unlabelled || !motion.move(point) ||
      !contains(window, point)) {
    keypoint.visibility = Visibility::unlabelled;
    point = {};
  }
  keypoint.x = static_cast<float>(point.x);
  keypoint.y = static_cast<float>(point.y);
}

/// A tile of a mosaic: where it lies among the four, and what the window shows
/// of it.
struct Tile {
  Matrix forward;
  Window window;
};

Tile tile_of(const MixStep& step, ImageSize size, int tile) {
  const double scale = step.numbers[0];
  const Window whole = window_of(size);
  const double x = tile % 2 == 0 ? 0 : whole.x1;
  const double y = tile / 2 == 0 ? 0 : whole.y1;
  const double left = (x - step.numbers[1]) / scale;
  const double top = (y - step.numbers[2]) / scale;
  return {.forward = {{1 / scale, 0, left, 0, 1 / scale, top, 0, 0, 1}},
          .window = {.x0 = std::max(0.0, left),
                     .y0 = std::max(0.0, top),
                     .x1 = std::min(whole.x1, left + whole.x1 / scale),
                     .y1 = std::min(whole.y1, top + whole.y1 / scale)}};
}

}  // namespace

Point Motion::bent(const Point& point) const {
  const Position seen = unwarped_position(
      warp,
      {static_cast<float>(point.x) - 0.5F, static_cast<float>(point.y) - 0.5F});
  return {seen.x + 0.5, seen.y + 0.5};
}

void Motion::move(Region& region) const {
  region.move(before);
  if (!bends()) return;
  region.bend([this](const Point& point) { return bent(point); });
  region.move(after);
}

bool Motion::move(Point& point) const {
  if (!move_point(before, point)) return false;
  if (!bends()) return true;
  point = bent(point);
  return move_point(after, point);
}

Scene::Scene(const Annotations& annotations, const Window& image)
    : keypoints_(annotations.keypoints) {
  for (const Box& box : annotations.boxes) {
    objects_.push_back(
        {.box = box, .region = Region(box), .visible = box.visible});
    objects_.back().region.keep(image);
  }
}

void Scene::move(const Motion& motion, const Window& window) {
  for (Object& object : objects_) {
    motion.move(object.region);
    object.lose([&](Region& region) { region.keep(window); });
  }
  for (Keypoint& keypoint : keypoints_) {
    move_keypoint(motion, window, keypoint);
  }
}

void Scene::erase(const FilterStep& step) {
  for (Keypoint& keypoint : keypoints_) {
    if (erases(step, floor_index(keypoint.x), floor_index(keypoint.y))) {
      hide(keypoint);
    }
  }
}

void Scene::cover(const Window& window) {
  for (Object& object : objects_) {
    object.lose([&](Region& region) { region.cut(window); });
  }
  for (Keypoint& keypoint : keypoints_) {
    if (contains(window, {keypoint.x, keypoint.y})) hide(keypoint);
  }
}

void Scene::add(const Scene& other) {
  const auto boxes = static_cast<std::int32_t>(objects_.size());
  objects_.insert(objects_.end(), other.objects_.begin(), other.objects_.end());
  for (Keypoint keypoint : other.keypoints_) {
    if (keypoint.box >= 0) keypoint.box += boxes;
    keypoints_.push_back(keypoint);
  }
}

Scene Scene::mixed(const MixStep& step, ImageSize size,
                   std::span<const Scene> batch) const {
  const auto partner = [&](std::size_t i) -> const Scene& {
    return batch[static_cast<std::size_t>(step.partners[i])];
  };
  Scene result = *this;
  switch (step.kind) {
    case MixKind::none:
      break;
    case MixKind::mixup:
      result.add(partner(0));
      break;
    case MixKind::cutmix: {
      const Window window = rectangle(step.numbers);
      Scene other = partner(0);
      other.move({}, window);
      result.cover(window);
      result.add(other);
      break;
    }
    case MixKind::mosaic:
      // The sample's own come first, wherever its tile is.
      for (int source = 0; source < 4; ++source) {
        const int tile = (source + 4 - static_cast<int>(step.numbers[3])) % 4;
        const Tile place = tile_of(step, size, tile);
        Scene scene =
            source == 0 ? *this : partner(static_cast<std::size_t>(source - 1));
        scene.move({.before = place.forward, .warp = {}, .after = {}},
                   place.window);
        if (source == 0) {
          result = std::move(scene);
        } else {
          result.add(scene);
        }
      }
      break;
    case MixKind::copy_paste:
      fail(
          "follow: what copy_paste pastes depends on masks, which boxes and "
          "keypoints don't follow");
  }
  return result;
}

Annotations Scene::annotations(const FollowOptions& how) const {
  Annotations result{.boxes = {}, .keypoints = keypoints_};
  for (const Object& object : objects_) {
    const Window bounds = object.region.bounds();
    Box box = object.box;
    box.x0 = static_cast<float>(bounds.x0);
    box.y0 = static_cast<float>(bounds.y0);
    box.x1 = static_cast<float>(bounds.x1);
    box.y1 = static_cast<float>(bounds.y1);
    box.visible = static_cast<float>(object.visible);
    box.valid = box.valid && !object.region.empty() && box.visible > 0 &&
                box.visible >= how.minimum_visibility;
    result.boxes.push_back(box);
  }
  return result;
}

}  // namespace lathe::augment
