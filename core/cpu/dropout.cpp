#include "core/dropout.h"

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/parallel.h"

namespace lathe::cpu {
namespace {

// A sample as lines over which the draw moves by `step`: 1, or 0 where a whole
// line shares a draw. Trailing axes of one kind are one axis.
struct Lines {
  struct Axis {
    std::int64_t size;
    std::int64_t noise;
  };

  std::vector<Axis> axes;  // before the line's
  std::int64_t count = 1;
  std::int64_t length = 1;
  std::int64_t step = 1;

  Lines(const Shape& x, const Shape& noise) {
    const auto extent = [&](std::size_t axis) {
      return noise.rank() == 0 ? x[axis] : noise[axis - 1];
    };
    std::size_t axis = x.rank();
    for (; axis > 1; --axis) {
      const std::int64_t size = x[axis - 1];
      const std::int64_t drawn = extent(axis - 1);
      if (size != 1) {
        const std::int64_t moves = drawn == 1 ? 0 : 1;
        if (length != 1 && moves != step) break;
        step = moves;
      }
      length *= size;
    }
    for (std::size_t i = 1; i < axis; ++i) {
      axes.push_back({x[i], extent(i)});
      count *= x[i];
    }
  }

  // The draw of a line's first element.
  std::int64_t draw(std::int64_t line) const {
    std::int64_t result = 0;
    std::int64_t stride = step == 1 ? length : 1;
    for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
      if (axis->noise != 1) result += line % axis->size * stride;
      stride *= axis->noise;
      line /= axis->size;
    }
    return result;
  }
};

struct Rule {
  float rate;
  float scale;
};

template <class T>
void drop_each(const RandomKey& key, std::int64_t draw, const Rule& rule,
               const T* x, std::int64_t length, T* y) {
  std::int64_t i = 0;
  while (i < length) {
    // Four words come at once.
    const auto index = static_cast<std::uint32_t>(draw + i);
    const auto words =
        philox4x32({index / 4, key.operation, key.sample, key.epoch}, key.seed);
    for (std::uint32_t w = index % 4; w < 4 && i < length; ++w, ++i) {
      y[i] = static_cast<T>(
          dropout_keeps(words[w], rule.rate) ? rule.scale * x[i] : 0);
    }
  }
}

template <class T>
void drop_together(const RandomKey& key, std::int64_t draw, const Rule& rule,
                   const T* x, std::int64_t length, T* y) {
  const auto word = Philox(key).at(static_cast<std::uint32_t>(draw));
  if (!dropout_keeps(word, rule.rate)) {
    std::fill_n(y, length, static_cast<T>(0.0F));
    return;
  }
  for (std::int64_t i = 0; i < length; ++i)
    y[i] = static_cast<T>(rule.scale * x[i]);
}

template <class T>
Kernel dropout(const graph::Dropout& operation, const Signature& signature) {
  const Shape& x_shape = signature.inputs[0].shape;
  constexpr std::int64_t kGrain = 4096;
  return {.run = [operation, lines = Lines(x_shape, operation.noise_shape),
                  rows = x_shape[0]](const KernelArguments& arguments) {
    const auto* x = arguments.input<T>(0);
    const auto* draw = arguments.input<std::int64_t>(1);
    auto* y = arguments.output<T>(0);
    const Rule rule{.rate = static_cast<float>(operation.rate),
                    .scale = static_cast<float>(1 / (1 - operation.rate))};
    const auto drop = lines.step == 1 ? drop_each<T> : drop_together<T>;
    parallel_ranges(
        rows * lines.count, (kGrain + lines.length - 1) / lines.length,
        [&](std::int64_t first, std::int64_t last) {
          for (std::int64_t i = first; i < last; ++i) {
            const RandomKey key =
                dropout_key(draw, i / lines.count, operation.operation);
            drop(key, lines.draw(i % lines.count), rule, x + i * lines.length,
                 lines.length, y + i * lines.length);
          }
        });
  }};
}

}  // namespace

Kernel make(const graph::Dropout& operation, const Signature& signature) {
  if (signature.inputs[0].dtype == DType::bfloat16) {
    return dropout<BFloat16>(operation, signature);
  }
  require_float32(operation.kName, signature.inputs[0]);
  return dropout<float>(operation, signature);
}

}  // namespace lathe::cpu
