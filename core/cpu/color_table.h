#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/augmentation/color.h"
#include "core/dtype.h"

namespace lathe::cpu {

/// What becomes of each byte in each channel. Where pixels are bytes that go
/// whole to their places, steps that act on one value at a time need no more:
/// the 256 values change, and the pixels look theirs up.
class ColorTable {
 public:
  /// Each byte its own value.
  void reset(std::int64_t channels);
  /// One that acts_on_values(); `means` as change_color() has it.
  void change(const ColorStep& step, const float* means,
              const ValueRange& range);
  /// v * scale + offset of each value, in values() or bytes().
  void store(float scale, float offset, DType type);

  /// 256 a channel, channel after channel.
  const float* values() const { return values_.data(); }
  const std::uint8_t* bytes() const { return bytes_.data(); }

 private:
  std::int64_t channels_ = 0;
  std::vector<float> values_;
  std::vector<std::uint8_t> bytes_;
};

/// Pixels of bytes, interleaved; from one to the next is `step` bytes.
struct BytePixels {
  const std::uint8_t* bytes;
  std::ptrdiff_t step;
  std::int64_t pixels;
  std::int64_t channels;
};

/// Looks each byte up in its channel's table.
void look_up_pixels(const BytePixels& from, const float* table, float* to);
void look_up_pixels(const BytePixels& from, const std::uint8_t* table,
                    std::uint8_t* to);

}  // namespace lathe::cpu
