#include "core/cuda/axes.h"
#include "core/cuda/element_type.h"
#include "core/cuda/for_each.h"
#include "core/cuda/vector.h"
#include "core/dropout.h"
#include "core/graph/operations/dropout.h"

namespace lathe::cuda {
namespace {

struct Options {
  float rate = 0;
  float scale = 1;
  std::uint32_t operation = 0;

  explicit Options(const graph::Dropout& dropout)
      : rate(static_cast<float>(dropout.rate)),
        scale(static_cast<float>(1 / (1 - dropout.rate))),
        operation(dropout.operation) {}

  // The words 4 block .. 4 block + 3 of a row's draws.
  __device__ std::array<std::uint32_t, 4> words(const std::int64_t* draw,
                                                std::uint32_t row,
                                                std::uint32_t block) const {
    const RandomKey key = dropout_key(draw, row, operation);
    return philox4x32({block, key.operation, key.sample, key.epoch}, key.seed);
  }
  __device__ float apply(float x, std::uint32_t word) const {
    return dropout_keeps(word, rate) ? scale * x : 0.0F;
  }
};

// A thread takes the elements of a row whose words are drawn at once.
template <class T>
__global__ void __launch_bounds__(kThreads)
    drop_elements(Options options, Divisor blocks, std::uint32_t rows,
                  std::uint32_t elements, const T* x, const std::int64_t* draw,
                  T* y) {
  const std::uint32_t count = rows * blocks.value();
  for (auto i = static_cast<std::uint32_t>(thread_index()); i < count;
       i += static_cast<std::uint32_t>(thread_total())) {
    const std::uint32_t row = blocks.quotient(i);
    const std::uint32_t block = i - row * blocks.value();
    const auto words = options.words(draw, row, block);
    const std::int64_t start =
        std::int64_t{row} * elements + std::int64_t{block} * kVector;
    if (elements % kVector == 0) {
      auto values = load<kVector>(x + start);
      for (int k = 0; k < kVector; ++k) {
        values[k] = options.apply(values[k], words[k]);
      }
      store(values, y + start);
    } else {
      for (std::uint32_t k = 0; k < kVector; ++k) {
        if (block * kVector + k < elements) {
          y[start + k] = static_cast<T>(options.apply(x[start + k], words[k]));
        }
      }
    }
  }
}

// All elements of a row share its first word.
template <class T, int kCount>
struct DropRows {
  Options options;
  Divisor vectors;  // of a row
  const T* x;
  const std::int64_t* draw;
  T* y;

  __device__ void operator()(std::uint32_t i) const {
    const std::int64_t start = std::int64_t{i} * kCount;
    auto values = load<kCount>(x + start);
    const std::uint32_t word = options.words(draw, vectors.quotient(i), 0)[0];
    for (int k = 0; k < kCount; ++k) {
      values[k] = options.apply(values[k], word);
    }
    store(values, y + start);
  }
};

// Elements share the words of a smaller shape.
template <class T>
__global__ void __launch_bounds__(kThreads)
    drop_places(Options options, Divisor elements, Axes noise,
                std::uint32_t rows, const T* x, const std::int64_t* draw,
                T* y) {
  const std::uint32_t count = rows * elements.value();
  for (auto i = static_cast<std::uint32_t>(thread_index()); i < count;
       i += static_cast<std::uint32_t>(thread_total())) {
    const std::uint32_t row = elements.quotient(i);
    const std::uint32_t place = noise.place(i - row * elements.value());
    const auto words = options.words(draw, row, place / 4);
    // Not by an index, which would put the words into memory.
    const std::uint32_t low = place % 2 == 0 ? words[0] : words[1];
    const std::uint32_t high = place % 2 == 0 ? words[2] : words[3];
    y[i] = static_cast<T>(options.apply(x[i], place % 4 < 2 ? low : high));
  }
}

Axes noise_axes(const graph::Dropout& operation, const Shape& x) {
  std::vector<Axis> axes(operation.noise_shape.rank());
  std::int64_t stride = 1;
  for (std::size_t i = axes.size(); i-- > 0;) {
    const std::int64_t extent = operation.noise_shape[i];
    axes[i] = {.extent = Divisor(x[i + 1]),
               .stride = extent == 1 ? 0 : static_cast<std::uint32_t>(stride)};
    stride *= extent;
  }
  return {operation.kName, axes, 0};
}

}  // namespace

Kernel make(const graph::Dropout& operation, const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  require_index(operation.kName, x);
  const auto rows = static_cast<std::uint32_t>(x.shape[0]);
  const std::int64_t elements =
      x.shape.elements() / std::max<std::int64_t>(rows, 1);
  const Options options(operation);
  return with_element_type(operation.kName, x, [&](auto type) -> Kernel {
    using T = decltype(type);
    if (operation.noise_shape.rank() == 0) {
      const std::int64_t blocks = divide_up(elements, kVector);
      return {.run = [=](const KernelArguments& call) {
        launch(call, grid_over(rows * blocks), drop_elements<T>, options,
               Divisor(blocks), rows, static_cast<std::uint32_t>(elements),
               call.input<T>(0), call.input<std::int64_t>(1),
               call.output<T>(0));
      }};
    }
    if (operation.noise_shape.elements() == 1) {
      const auto make_for = [=](auto size) -> Kernel {
        return {.run = [=](const KernelArguments& call) {
          for_each(call, rows * elements / size,
                   DropRows<T, decltype(size)::value>{
                       .options = options,
                       .vectors = Divisor(elements / size),
                       .x = call.input<T>(0),
                       .draw = call.input<std::int64_t>(1),
                       .y = call.output<T>(0)});
        }};
      };
      return elements % kWidest<T> == 0
                 ? make_for(std::integral_constant<int, kWidest<T>>{})
                 : make_for(std::integral_constant<int, 1>{});
    }
    return {.run = [=, noise = noise_axes(operation, x.shape)](
                       const KernelArguments& call) {
      launch(call, grid_over(rows * elements), drop_places<T>, options,
             Divisor(elements), noise, rows, call.input<T>(0),
             call.input<std::int64_t>(1), call.output<T>(0));
    }};
  });
}

}  // namespace lathe::cuda
