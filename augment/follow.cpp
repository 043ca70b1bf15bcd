#include <algorithm>

#include "augment/pipeline.h"
#include "augment/region.h"
#include "core/error.h"

namespace lathe::augment {

namespace {

/// A box on its way.
struct Object {
  Box box;
  Region region;
  /// Of what was in the box first, what is left.
  double visible = 1;

  // Calls change(region), after which less may be left.
  template <class F>
  void lose(F&& change) {
    const double before = region.area();
    change(region);
    visible *= before > 0 ? region.area() / before : 0;
  }
};

Window window_of(ImageSize size) {
  return {.x1 = static_cast<double>(size.width),
          .y1 = static_cast<double>(size.height)};
}

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

/// How a pass moves a sample: by a matrix, a warp if there is one, and another
/// matrix.
struct Motion {
  Matrix before;
  Warp warp;
  Matrix after;

  Point bent(const Point& point) const {
    const Position seen =
        unwarped_position(warp, {static_cast<float>(point.x) - 0.5F,
                                 static_cast<float>(point.y) - 0.5F});
    return {seen.x + 0.5, seen.y + 0.5};
  }
  bool bends() const { return warp.kind != WarpKind::none; }
  void move(Region& region) const {
    region.move(before);
    if (!bends()) return;
    region.bend([this](const Point& point) { return bent(point); });
    region.move(after);
  }
  bool move(Point& point) const {
    if (!move_point(before, point)) return false;
    if (!bends()) return true;
    point = bent(point);
    return move_point(after, point);
  }
};

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

/// The annotations of a sample on their way.
struct Pipeline::Scene {
  std::vector<Object> objects;
  std::vector<Keypoint> keypoints;

  explicit Scene(const Annotations& annotations, const Window& image)
      : keypoints(annotations.keypoints) {
    for (const Box& box : annotations.boxes) {
      objects.push_back(
          {.box = box, .region = Region(box), .visible = box.visible});
      objects.back().region.keep(image);
    }
  }

  void move(const Motion& motion, const Window& window) {
    for (Object& object : objects) {
      motion.move(object.region);
      object.lose([&](Region& region) { region.keep(window); });
    }
    for (Keypoint& keypoint : keypoints) {
      move_keypoint(motion, window, keypoint);
    }
  }

  void cover(const Window& window) {
    for (Object& object : objects) {
      object.lose([&](Region& region) { region.cut(window); });
    }
    for (Keypoint& keypoint : keypoints) {
      if (contains(window, {keypoint.x, keypoint.y})) hide(keypoint);
    }
  }

  void add(const Scene& other) {
    const auto boxes = static_cast<std::int32_t>(objects.size());
    objects.insert(objects.end(), other.objects.begin(), other.objects.end());
    for (Keypoint keypoint : other.keypoints) {
      if (keypoint.box >= 0) keypoint.box += boxes;
      keypoints.push_back(keypoint);
    }
  }

  Scene mixed(const MixStep& step, ImageSize size,
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
          Scene scene = source == 0
                            ? *this
                            : partner(static_cast<std::size_t>(source - 1));
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

  Annotations annotations(const FollowOptions& how) const {
    Annotations result{.boxes = {}, .keypoints = keypoints};
    for (const Object& object : objects) {
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
};

void Pipeline::move(const Pass& pass, ImageSize size, const Tensor& table,
                    std::span<Scene> scenes) const {
  const Window window = window_of(output_size(pass, size));
  std::vector<float> controls(warp_controls(pass, size));
  std::vector<FilterStep> filters;
  for (std::size_t n = 0; n < scenes.size(); ++n) {
    Motion motion;
    ImageSize current = size;
    filters.clear();
    for (std::size_t i = pass.first; i < pass.last; ++i) {
      const Effect& effect = *stages_[i].effect;
      const auto drawn =
          numbers(stages_[i], table, static_cast<std::int64_t>(n));
      if (effect.warps()) motion.warp = effect.warp(drawn, current, controls);
      if (effect.moves()) {
        Matrix& matrix = motion.bends() ? motion.after : motion.before;
        matrix = matrix * effect.matrix(drawn, current);
      }
      current = effect.output_size(current);
      const std::size_t before = filters.size();
      filters.resize(before + effect.filter_steps());
      effect.filters(drawn, current, std::span(filters).subspan(before));
    }
    motion.before = forward_of(motion.before);
    motion.after = forward_of(motion.after);
    scenes[n].move(motion, window);
    for (const FilterStep& step : filters) {
      for (Keypoint& keypoint : scenes[n].keypoints) {
        if (erases(step, floor_index(keypoint.x), floor_index(keypoint.y))) {
          hide(keypoint);
        }
      }
    }
  }
}

void Pipeline::mix(const Pass& pass, ImageSize size, const Tensor& table,
                   std::vector<Scene>& scenes) const {
  const auto samples = static_cast<std::int64_t>(scenes.size());
  for (std::size_t i = pass.first; i < pass.last; ++i) {
    const std::vector<Scene> batch = scenes;
    for (std::int64_t n = 0; n < samples; ++n) {
      Scene& scene = scenes[static_cast<std::size_t>(n)];
      const MixStep step =
          stages_[i].effect->mix(numbers(stages_[i], table, n), size,
                                 {.index = n, .samples = samples});
      scene = scene.mixed(step, size, batch);
    }
  }
}

void Pipeline::follow(std::span<Annotations> annotations, const BatchKey& key,
                      ImageSize size, const FollowOptions& how) const {
  if (annotations.size() != key.sample_ids.size()) {
    fail("follow: annotations of ", annotations.size(), " samples for ",
         key.sample_ids.size(), " sample ids");
  }
  if (needs_masks()) {
    fail(
        "follow: what copy_paste pastes depends on masks, which boxes and "
        "keypoints don't follow");
  }
  if (mixes() && annotations.size() < 2) {
    fail("follow: a batch of one; mixing needs at least two samples");
  }
  const Tensor table(
      {static_cast<std::int64_t>(annotations.size()), row_length_});
  draw(key, table);
  std::vector<Scene> scenes;
  for (const Annotations& each : annotations) {
    scenes.emplace_back(each, window_of(size));
  }
  for (const Pass& pass : passes_) {
    if (pass.link) continue;
    if (pass.mixes) {
      mix(pass, size, table, scenes);
    } else {
      move(pass, size, table, scenes);
    }
    size = output_size(pass, size);
  }
  for (std::size_t n = 0; n < scenes.size(); ++n) {
    annotations[n] = scenes[n].annotations(how);
  }
}

}  // namespace lathe::augment
