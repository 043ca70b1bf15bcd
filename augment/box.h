#pragma once

#include <cstdint>

namespace lathe::augment {

/// The rectangle around an object, by its edges in pixels: pixel i covers
/// [i, i + 1), so an image's own are 0, 0, width, height.
struct Box {
  float x0 = 0;
  float y0 = 0;
  float x1 = 0;
  float y1 = 0;
  std::int32_t class_id = 0;
  /// False once too little of the object is seen. It then keeps its place in a
  /// list, which is that of its object, but is no target.
  bool valid = true;
  /// The share of the object's area that is seen, of what was in the box first.
  float visible = 1;

  float width() const { return x1 - x0; }
  float height() const { return y1 - y0; }
};

}  // namespace lathe::augment
