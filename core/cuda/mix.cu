#include "core/cuda/divisor.h"
#include "core/cuda/for_each.h"
#include "core/cuda/memory.h"
#include "core/cuda/mix.h"

// A thread computes one value of the mixed batch.
namespace lathe::cuda {
namespace {

/// Images, or masks, of a batch.
template <class T>
struct MixedValue {
  const MixStep* steps;
  const T* input;
  // Class ids, where there are any.
  const std::uint8_t* ids;
  T* output;
  bool blended;
  std::int32_t height;
  std::int32_t width;
  Divisor by_sample;
  Divisor by_row;
  Divisor by_channels;

  __device__ const T& at(std::int64_t sample, std::int32_t y, std::int32_t x,
                         std::int32_t c) const {
    return input[((sample * height + y) * width + x) * by_channels.value() + c];
  }

  __device__ static T kept(float value) {
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      return to_byte(value);
    } else {
      return value;
    }
  }

  __device__ T mosaic(const MixStep& step, std::uint32_t sample, std::int32_t y,
                      std::int32_t x, std::int32_t c) const {
    const TilePosition column =
        tile_position(step.numbers[0], step.numbers[1], x, width);
    const TilePosition row =
        tile_position(step.numbers[0], step.numbers[2], y, height);
    const std::int64_t from =
        tile_sample(step, sample, 2 * row.tile + column.tile);
    if (!blended) {
      return at(from, clamp_index(nearest_index(row.position), height),
                clamp_index(nearest_index(column.position), width), c);
    }
    const Taps tx = taps_of<FillMode::nearest>(column.position, width);
    const Taps ty = taps_of<FillMode::nearest>(row.position, height);
    const auto value = [&](std::int32_t tap_y, std::int32_t tap_x) {
      return static_cast<float>(at(from, tap_y, tap_x, c));
    };
    return kept(interpolate(
        value(ty.first, tx.first), value(ty.first, tx.second),
        value(ty.second, tx.first), value(ty.second, tx.second), tx, ty, 0));
  }

  __device__ T mixed_value(std::uint32_t i) const {
    const std::uint32_t sample = by_sample.quotient(i);
    const std::uint32_t in_sample = i - sample * by_sample.value();
    const std::uint32_t row = by_row.quotient(in_sample);
    const std::uint32_t in_row = in_sample - row * by_row.value();
    const std::uint32_t column = by_channels.quotient(in_row);
    const auto c =
        static_cast<std::int32_t>(in_row - column * by_channels.value());
    const auto y = static_cast<std::int32_t>(row);
    const auto x = static_cast<std::int32_t>(column);
    const MixStep& step = steps[sample];
    const T own = input[i];
    switch (step.kind) {
      case MixKind::none:
        break;
      case MixKind::mixup: {
        const T other = at(step.partners[0], y, x, c);
        if (!blended) return partner_prevails(step) ? other : own;
        return kept(
            mixed_up(step, static_cast<float>(own), static_cast<float>(other)));
      }
      case MixKind::cutmix:
        return in_rectangle(step, x, y) ? at(step.partners[0], y, x, c) : own;
      case MixKind::mosaic:
        return mosaic(step, sample, y, x, c);
      case MixKind::copy_paste: {
        const std::int64_t partner = step.partners[0];
        const std::uint8_t id = ids[(partner * height + y) * width + x];
        return is_pasted(step, id) ? at(partner, y, x, c) : own;
      }
    }
    return own;
  }

  __device__ void operator()(std::uint32_t i) const {
    output[i] = mixed_value(i);
  }
};

struct BlendIn {
  const float* parts;
  const float* original;
  const float* changed;
  const float* before;
  float* sum;
  Divisor by_sample;

  __device__ void operator()(std::uint32_t i) const {
    sum[i] = multiply_add(parts[by_sample.quotient(i)],
                          changed[i] - original[i], before[i]);
  }
};

template <class T>
void mix_values(const MixStep* steps, const Tensor& input,
                const std::uint8_t* ids, bool blended, const Tensor& output) {
  const Shape& shape = input.shape();
  require_index("mix", input.spec());
  for_each(KernelArguments{.inputs = {}, .outputs = {}, .stream = stream()},
           shape.elements(),
           MixedValue<T>{.steps = steps,
                         .input = input.data<T>(),
                         .ids = ids,
                         .output = output.data<T>(),
                         .blended = blended,
                         .height = static_cast<std::int32_t>(shape[1]),
                         .width = static_cast<std::int32_t>(shape[2]),
                         .by_sample = Divisor(shape[1] * shape[2] * shape[3]),
                         .by_row = Divisor(shape[2] * shape[3]),
                         .by_channels = Divisor(shape[3])});
}

}  // namespace

void mix(const Mixing& how, const MixBatch& input, const MixBatch& output,
         const GpuMemory& gpu) {
  const MixStep* steps = gpu.copy_of(how.steps);
  const bool bytes =
      !input.masks.empty() && input.masks.dtype() == DType::uint8;
  const std::uint8_t* ids = bytes ? input.masks.data<std::uint8_t>() : nullptr;
  mix_values<float>(steps, input.images, ids, true, output.images);
  if (input.masks.empty()) return;
  const bool blended = how.masks != Interpolation::nearest;
  if (bytes) {
    mix_values<std::uint8_t>(steps, input.masks, ids, blended, output.masks);
  } else {
    mix_values<float>(steps, input.masks, ids, blended, output.masks);
  }
}

void blend_in(const Tensor& parts, const Tensor& original,
              const Tensor& changed, const Tensor& before, const Tensor& sum,
              const GpuMemory& gpu) {
  require_index("blend_in", sum.spec());
  for_each(KernelArguments{.inputs = {}, .outputs = {}, .stream = stream()},
           sum.elements(),
           BlendIn{.parts = gpu.copy_of(parts.data<float>()),
                   .original = original.data<float>(),
                   .changed = changed.data<float>(),
                   .before = before.data<float>(),
                   .sum = sum.data<float>(),
                   .by_sample = Divisor(sum.elements() / sum.shape()[0])});
}

}  // namespace lathe::cuda
