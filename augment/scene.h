#pragma once

#include <span>
#include <vector>

#include "augment/annotations.h"
#include "augment/effect.h"
#include "augment/region.h"

namespace lathe::augment {

/// A whole image.
inline Window window_of(ImageSize size) {
  return {.x1 = static_cast<double>(size.width),
          .y1 = static_cast<double>(size.height)};
}

/// A box on its way.
struct Object {
  Box box;
  Region region;
  /// Of what was in the box first, what is left.
  double visible = 1;

  /// Calls change(region), after which less may be left.
  template <class F>
  void lose(F&& change) {
    const double before = region.area();
    change(region);
    visible *= before > 0 ? region.area() / before : 0;
  }
};

/// How a pass moves a sample: by a matrix, a warp if there is one, and another
/// matrix, all from positions before to positions after.
struct Motion {
  Matrix before;
  Warp warp;
  Matrix after;

  bool bends() const { return warp.kind != WarpKind::none; }
  Point bent(const Point& point) const;
  void move(Region& region) const;
  bool move(Point& point) const;
};

/// The annotations of a sample on their way through a pipeline.
class Scene {
 public:
  Scene(const Annotations& annotations, const Window& image);

  /// Moves all, and keeps what is within a window.
  void move(const Motion& motion, const Window& window);
  /// Hides the keypoints that a filter erases.
  void erase(const FilterStep& step);
  /// What the step makes of this sample of a batch. Throws Error for
  /// copy_paste, which depends on masks.
  Scene mixed(const MixStep& step, ImageSize size,
              std::span<const Scene> batch) const;

  Annotations annotations(const FollowOptions& how) const;

 private:
  void cover(const Window& window);
  void add(const Scene& other);

  std::vector<Object> objects_;
  std::vector<Keypoint> keypoints_;
};

}  // namespace lathe::augment
