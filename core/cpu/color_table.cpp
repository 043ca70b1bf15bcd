#include "core/cpu/color_table.h"

#include "core/cpu/color_kernels.h"

namespace lathe::cpu {

namespace {

constexpr std::int64_t kBytes = 256;

template <class T>
void look_up(const BytePixels& from, const T* table, T* to) {
  const std::uint8_t* pixel = from.bytes;
  if (from.channels == 3) {
    for (std::int64_t i = 0; i < from.pixels;
         ++i, pixel += from.step, to += 3) {
      to[0] = table[pixel[0]];
      to[1] = table[kBytes + pixel[1]];
      to[2] = table[2 * kBytes + pixel[2]];
    }
    return;
  }
  for (std::int64_t i = 0; i < from.pixels; ++i, pixel += from.step) {
    for (std::int64_t c = 0; c < from.channels; ++c) {
      *to++ = table[c * kBytes + pixel[c]];
    }
  }
}

}  // namespace

void ColorTable::reset(std::int64_t channels) {
  channels_ = channels;
  values_.resize(static_cast<std::size_t>(channels * kBytes));
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i] = static_cast<float>(i % kBytes);
  }
}

void ColorTable::change(const ColorStep& step, const float* means,
                        const ValueRange& range) {
  for (std::int64_t c = 0; c < channels_; ++c) {
    const float mean = contrast_mean(step.kind, means, static_cast<int>(c),
                                     static_cast<int>(channels_));
    change_colors({&step, 1}, &mean, range,
                  {.values = values_.data() + c * kBytes,
                   .pixels = kBytes,
                   .channels = 1});
  }
}

void ColorTable::store(float scale, float offset, DType type) {
  bytes_.resize(values_.size());
  void* const to = type == DType::uint8 ? static_cast<void*>(bytes_.data())
                                        : static_cast<void*>(values_.data());
  store_row(
      {.values = values_.data(), .pixels = channels_ * kBytes, .channels = 1},
      {.scale = scale, .offset = offset, .values = to, .type = type});
}

void look_up_pixels(const BytePixels& from, const float* table, float* to) {
  look_up(from, table, to);
}

void look_up_pixels(const BytePixels& from, const std::uint8_t* table,
                    std::uint8_t* to) {
  look_up(from, table, to);
}

}  // namespace lathe::cpu
