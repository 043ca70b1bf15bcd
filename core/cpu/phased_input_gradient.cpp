// Input gradients of windows that move by several pixels, as convolutions: a
// place and those before it make all pixels between it and the next one, a
// cell, as so many times the channels, which then go where they belong.
#include <algorithm>
#include <array>
#include <cstring>

#include "core/cpu/convolution.h"
#include "core/cpu/convolution_epilogue.h"
#include "core/cpu/workspace.h"
#include "core/parallel.h"
#include "core/prepared_run.h"

namespace lathe::cpu {
namespace {

// Along one axis: pixel p is pixel (p + padding) % stride of cell
// (p + padding) / stride, and meets `taps` places, the last of which has the
// number of the cell.
struct Phases {
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t padding;
  std::int64_t image;
  std::int64_t places;

  std::int64_t taps() const { return (kernel + stride - 1) / stride; }
  std::int64_t first_cell() const { return padding / stride; }
  std::int64_t cells() const {
    return (image - 1 + padding) / stride - first_cell() + 1;
  }
  // Of the places that the cells meet, around those that there are.
  std::int64_t before() const { return taps() - 1 - first_cell(); }
  std::int64_t after() const { return first_cell() + cells() - places; }
  // The tap with which a pixel of a cell meets the i-th of its places.
  std::int64_t tap(std::int64_t pixel, std::int64_t i) const {
    return pixel + stride * (taps() - 1 - i);
  }
};

Phases rows_of(const ConvolutionShape& shape) {
  return {.kernel = shape.window.kernel.height,
          .stride = shape.window.strides.height,
          .padding = shape.window.padding.top,
          .image = shape.image.height,
          .places = shape.result.height};
}
Phases columns_of(const ConvolutionShape& shape) {
  return {.kernel = shape.window.kernel.width,
          .stride = shape.window.strides.width,
          .padding = shape.window.padding.left,
          .image = shape.image.width,
          .places = shape.result.width};
}

// The samples of which all cells stay in a core's cache, or one.
std::int64_t samples_at_once(std::int64_t batch, std::int64_t sample_bytes) {
  constexpr std::int64_t kBytes = 1 << 20;
  std::int64_t count =
      std::clamp<std::int64_t>(kBytes / sample_bytes, 1, batch);
  while (batch % count != 0) --count;
  return count;
}

struct PhasedGradient {
  ConvolutionShape shape;
  Phases rows;
  Phases columns;
  std::int64_t samples;

  explicit PhasedGradient(const ConvolutionShape& gradient)
      : shape(gradient),
        rows(rows_of(gradient)),
        columns(columns_of(gradient)),
        samples(samples_at_once(
            gradient.batch,
            cell_elements() * static_cast<std::int64_t>(element_bytes()))) {}

  std::size_t element_bytes() const { return size_of(shape.dtype); }
  std::int64_t pixels_of_cell() const { return rows.stride * columns.stride; }
  // Of the cells of a sample.
  std::int64_t cell_elements() const {
    return rows.cells() * columns.cells() * pixels_of_cell() * shape.channels;
  }
  std::int64_t weight_elements() const {
    return rows.taps() * columns.taps() * shape.filters * pixels_of_cell() *
           shape.channels;
  }

  ConvolutionShape convolution() const {
    return {
        .window = {.kernel = {.height = rows.taps(), .width = columns.taps()},
                   .padding = {.top = rows.before(),
                               .bottom = rows.after(),
                               .left = columns.before(),
                               .right = columns.after()}},
        .batch = samples,
        .image = shape.result,
        .result = {.height = rows.cells(), .width = columns.cells()},
        .channels = shape.filters,
        .filters = pixels_of_cell() * shape.channels,
        .dtype = shape.dtype};
  }

  // From (kernel height, kernel width, C, F) to (taps, taps, F, pixels of a
  // cell, C).
  template <class T>
  void arrange(const T* w, T* to) const {
    const std::int64_t pixels = pixels_of_cell();
    const std::int64_t channels = shape.channels;
    const std::int64_t filters = shape.filters;
    parallel_tasks(
        rows.taps() * columns.taps() * pixels, [&](std::int64_t task) {
          const std::int64_t pixel = task % pixels;
          const std::int64_t place = task / pixels;
          const std::int64_t row =
              rows.tap(pixel / columns.stride, place / columns.taps());
          const std::int64_t column =
              columns.tap(pixel % columns.stride, place % columns.taps());
          const bool is_tap = row < rows.kernel && column < columns.kernel;
          const T* from =
              w + (row * columns.kernel + column) * channels * filters;
          for (std::int64_t f = 0; f < filters; ++f) {
            T* line = to + ((place * filters + f) * pixels + pixel) * channels;
            for (std::int64_t c = 0; c < channels; ++c) {
              line[c] = is_tap ? from[c * filters + f] : T{};
            }
          }
        });
  }

  // The cells of some samples to their images.
  void spread(const std::byte* cells, std::byte* images) const {
    const auto pixel =
        static_cast<std::int64_t>(element_bytes()) * shape.channels;
    const std::int64_t step = columns.stride;
    const std::int64_t height = shape.image.height;
    const std::int64_t width = shape.image.width;
    const std::int64_t first = columns.first_cell() * step - columns.padding;
    parallel_tasks(samples * height, [&](std::int64_t task) {
      const std::int64_t row = task % height + rows.padding;
      const std::int64_t line =
          task / height * rows.cells() + row / rows.stride - rows.first_cell();
      const std::byte* from =
          cells + (line * columns.cells() * pixels_of_cell() +
                   row % rows.stride * step) *
                      pixel;
      std::byte* to = images + task * width * pixel;
      for (std::int64_t cell = 0; cell < columns.cells(); ++cell) {
        const std::int64_t at = first + cell * step;
        const std::int64_t begin = std::max<std::int64_t>(-at, 0);
        const std::int64_t end = std::min(step, width - at);
        std::memcpy(to + (at + begin) * pixel, from + begin * pixel,
                    static_cast<std::size_t>((end - begin) * pixel));
        from += pixels_of_cell() * pixel;
      }
    });
  }

  // As many times as a cell has pixels.
  void repeat_bias(const std::byte* bias, std::byte* to) const {
    const std::size_t bytes =
        element_bytes() * static_cast<std::size_t>(shape.channels);
    for (std::int64_t i = 0; i < pixels_of_cell(); ++i, to += bytes) {
      std::memcpy(to, bias, bytes);
    }
  }
};

// From the weights to what `convolution` has prepared of those that it takes.
template <class T>
Kernel arrangement_of(const PhasedGradient& gradient,
                      const Kernel& convolution) {
  const auto* prepared = convolution.run.target<PreparedRun>();
  if (prepared == nullptr) {
    return {.run = [gradient](const KernelArguments& call) {
      gradient.arrange(call.input<T>(0), call.output<T>(0));
    }};
  }
  WorkspaceLayout layout;
  layout.add<std::byte>(static_cast<std::int64_t>(convolution.workspace_bytes));
  const auto phases = layout.add<T>(gradient.weight_elements());
  return {.run =
              [=, prepare = prepared->prepare](const KernelArguments& call) {
                T* arranged = phases.in(call.workspace);
                gradient.arrange(call.input<T>(0), arranged);
                const std::array<void*, 1> inputs{arranged};
                prepare({.inputs = inputs,
                         .outputs = call.outputs,
                         .workspace = call.workspace});
              },
          .workspace_bytes = layout.bytes()};
}

// Of inputs dy, w and perhaps a bias.
Kernel sums_by_phases(const ConvolutionShape& shape, const Epilogue& epilogue) {
  const PhasedGradient gradient(shape);
  const Kernel convolution =
      onednn_convolution(gradient.convolution(), epilogue);
  const auto* prepared = convolution.run.target<PreparedRun>();
  const Kernel arrange = shape.dtype == DType::bfloat16
                             ? arrangement_of<BFloat16>(gradient, convolution)
                             : arrangement_of<float>(gradient, convolution);
  const auto bytes_of = [&](std::int64_t elements) {
    return elements * static_cast<std::int64_t>(gradient.element_bytes());
  };
  WorkspaceLayout layout;
  layout.add<std::byte>(static_cast<std::int64_t>(convolution.workspace_bytes));
  const auto cells = layout.add<std::byte>(
      bytes_of(gradient.cell_elements() * gradient.samples));
  const auto bias =
      layout.add<std::byte>(bytes_of(gradient.convolution().filters));
  const std::int64_t step = bytes_of(gradient.samples * shape.result.height *
                                     shape.result.width * shape.filters);
  const std::int64_t image_step =
      bytes_of(gradient.samples * shape.image.height * shape.image.width *
               shape.channels);
  const auto run = prepared != nullptr ? prepared->run : convolution.run;
  const Kernel products{
      .run =
          [=, has_bias = epilogue.bias](const KernelArguments& call) {
            auto* of_cells = cells.in(call.workspace);
            auto* of_bias = bias.in(call.workspace);
            if (has_bias) {
              gradient.repeat_bias(call.input<std::byte>(2), of_bias);
            }
            const std::array<void*, 1> outputs{of_cells};
            for (std::int64_t i = 0; i < shape.batch / gradient.samples; ++i) {
              const std::array<void*, 3> inputs{
                  const_cast<std::byte*>(call.input<std::byte>(0)) + i * step,
                  call.inputs[1], of_bias};
              run({.inputs = std::span(inputs).first(has_bias ? 3 : 2),
                   .outputs = outputs,
                   .workspace = call.workspace});
              gradient.spread(of_cells,
                              call.output<std::byte>(0) + i * image_step);
            }
          },
      .workspace_bytes = layout.bytes(),
      .implementation = "phases:" + convolution.implementation};
  const std::size_t arranged_bytes =
      prepared != nullptr
          ? prepared->bytes
          : static_cast<std::size_t>(bytes_of(gradient.weight_elements()));
  return prepared_kernel(arrange, arranged_bytes, products);
}

}  // namespace

bool has_phases(const ConvolutionShape& shape) {
  const graph::Window2D& window = shape.window;
  const auto is_possible = [](const Phases& side) {
    return side.before() >= 0 && side.after() >= 0;
  };
  return shape.groups == 1 && window.dilation == graph::Size2D{} &&
         window.strides != graph::Size2D{} &&
         window.kernel.height >= window.strides.height &&
         window.kernel.width >= window.strides.width &&
         is_possible(rows_of(shape)) && is_possible(columns_of(shape));
}

Kernel phased_input_gradient(const ConvolutionShape& shape,
                             const Epilogue& epilogue) {
  if (!epilogue.residual && !is_costly(epilogue.activation)) {
    return sums_by_phases(shape, epilogue);
  }
  return with_epilogue(sums_by_phases(shape, {}), ChannelLayout::last,
                       {shape.image_shape(), shape.dtype}, epilogue);
}

}  // namespace lathe::cpu
