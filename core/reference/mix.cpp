#include "core/reference/mix.h"

namespace lathe::reference {

namespace {

float value(float number) {
  return number;
}
float value(std::uint8_t number) {
  return static_cast<float>(number);
}
void store(float from, float& to) {
  to = from;
}
void store(float from, std::uint8_t& to) {
  to = to_byte(from);
}

/// Images or masks of one batch.
template <class T>
struct MixedPlane {
  const Tensor& input;
  bool blended;

  const T& at(std::int64_t n, std::int64_t y, std::int64_t x,
              std::int64_t c) const {
    const Shape& shape = input.shape();
    return input.data<T>()[((n * shape[1] + y) * shape[2] + x) * shape[3] + c];
  }

  void mosaic(const MixStep& step, std::int64_t n, std::int64_t y,
              std::int64_t x, std::int64_t c, T& to) const {
    const auto height = static_cast<std::int32_t>(input.shape()[1]);
    const auto width = static_cast<std::int32_t>(input.shape()[2]);
    const auto& numbers = step.numbers;
    const TilePosition column = tile_position(numbers[0], numbers[1], x, width);
    const TilePosition row = tile_position(numbers[0], numbers[2], y, height);
    const std::int64_t from = tile_sample(step, n, 2 * row.tile + column.tile);
    if (!blended) {
      to = at(from, clamp_index(nearest_index(row.position), height),
              clamp_index(nearest_index(column.position), width), c);
      return;
    }
    const Taps tx = taps_of<FillMode::nearest>(column.position, width);
    const Taps ty = taps_of<FillMode::nearest>(row.position, height);
    store(interpolate(value(at(from, ty.first, tx.first, c)),
                      value(at(from, ty.first, tx.second, c)),
                      value(at(from, ty.second, tx.first, c)),
                      value(at(from, ty.second, tx.second, c)), tx, ty, 0),
          to);
  }

  void pixel(const MixStep& step, const Tensor& masks, std::int64_t n,
             std::int64_t y, std::int64_t x, std::int64_t c, T& to) const {
    const T& own = at(n, y, x, c);
    const T& other = at(step.partners[0], y, x, c);
    switch (step.kind) {
      case MixKind::none:
        to = own;
        return;
      case MixKind::mixup:
        if (blended) {
          store(mixed_up(step, value(own), value(other)), to);
        } else {
          to = partner_prevails(step) ? other : own;
        }
        return;
      case MixKind::cutmix:
        to = in_rectangle(step, x, y) ? other : own;
        return;
      case MixKind::mosaic:
        mosaic(step, n, y, x, c, to);
        return;
      case MixKind::copy_paste: {
        const MixedPlane<std::uint8_t> ids{masks, false};
        to = is_pasted(step, ids.at(step.partners[0], y, x, 0)) ? other : own;
      }
    }
  }
};

template <class T>
void mix_plane(const Mixing& how, const Tensor& masks,
               const MixedPlane<T>& from, const Tensor& output) {
  const Shape& shape = output.shape();
  T* to = output.data<T>();
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    for (std::int64_t y = 0; y < shape[1]; ++y) {
      for (std::int64_t x = 0; x < shape[2]; ++x) {
        for (std::int64_t c = 0; c < shape[3]; ++c) {
          from.pixel(how.steps[n], masks, n, y, x, c, *to++);
        }
      }
    }
  }
}

}  // namespace

void mix(const Mixing& how, const MixBatch& input, const MixBatch& output) {
  mix_plane(how, input.masks, MixedPlane<float>{input.images, true},
            output.images);
  if (input.masks.empty()) return;
  const bool blended = how.masks != Interpolation::nearest;
  if (input.masks.dtype() == DType::uint8) {
    mix_plane(how, input.masks, MixedPlane<std::uint8_t>{input.masks, blended},
              output.masks);
  } else {
    mix_plane(how, input.masks, MixedPlane<float>{input.masks, blended},
              output.masks);
  }
}

void blend_in(const Tensor& parts, const Tensor& original,
              const Tensor& changed, const Tensor& before, const Tensor& sum) {
  const std::int64_t size = sum.elements() / sum.shape()[0];
  for (std::int64_t i = 0; i < sum.elements(); ++i) {
    sum.data<float>()[i] =
        multiply_add(parts.data<float>()[i / size],
                     changed.data<float>()[i] - original.data<float>()[i],
                     before.data<float>()[i]);
  }
}

}  // namespace lathe::reference
