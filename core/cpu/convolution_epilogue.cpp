#include "core/cpu/convolution_epilogue.h"

#include <array>

#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/convolution_epilogue.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kBlock = 8;

// Rows of `width` pixels, and where in x a row and a block of channels start.
struct Rows {
  std::int64_t count;
  std::int64_t per_image;
  std::int64_t width;
  std::int64_t channels;
  bool blocked;

  std::int64_t start(std::int64_t row, std::int64_t c) const {
    if (!blocked) return row * width * channels + c;
    const std::int64_t image = row / per_image;
    const std::int64_t block = image * (channels / kBlock) + c / kBlock;
    return (block * per_image + row % per_image) * width * kBlock;
  }
  std::int64_t pixel() const { return blocked ? kBlock : channels; }
};

template <class T>
struct Operands {
  const T* x;
  const T* bias;  // null without one
  const T* r;     // null without a residual
  T* y;
};

template <ActivationKind kKind, class Lanes, class T>
HWY_INLINE void finish_pixel(Lanes lanes, const Operands<T>& o, Vector bias,
                             std::int64_t from, std::int64_t to) {
  Vector u = hn::Add(lanes.load(o.x + from), bias);
  if (o.r != nullptr) u = hn::Add(u, lanes.load(o.r + to));
  lanes.store(activate<kKind, T>(u), o.y + to);
}

// The channels [c, c + count) of the pixels [first, last) of a row.
template <ActivationKind kKind, class Lanes, class T>
HWY_INLINE void finish_channels(Lanes lanes, const Rows& rows,
                                const Operands<T>& o, std::int64_t row,
                                std::int64_t first, std::int64_t last,
                                std::int64_t c) {
  const Vector bias = o.bias == nullptr ? all(0) : lanes.load(o.bias + c);
  const std::int64_t from = rows.start(row, c);
  const std::int64_t to = row * rows.width * rows.channels + c;
  for (std::int64_t p = first; p < last; ++p) {
    finish_pixel<kKind>(lanes, o, bias, from + p * rows.pixel(),
                        to + p * rows.channels);
  }
}

template <ActivationKind kKind, class T>
void finish_row(const Rows& rows, const Operands<T>& o, std::int64_t row) {
  // So many pixels at a time that all their channels stay in the cache.
  const std::int64_t tile = std::max<std::int64_t>(2048 / rows.channels, 4);
  for (std::int64_t first = 0; first < rows.width; first += tile) {
    const std::int64_t last = std::min(first + tile, rows.width);
    if (rows.blocked) {
      for (std::int64_t c = 0; c < rows.channels; c += kBlock) {
        for_vectors(c, c + kBlock, [&](auto lanes, std::int64_t v) HWY_ATTR {
          Operands<T> shifted = o;
          shifted.x += v - c;
          finish_channels<kKind>(lanes, rows, shifted, row, first, last, v);
        });
      }
    } else {
      for_vectors(0, rows.channels, [&](auto lanes, std::int64_t c) HWY_ATTR {
        finish_channels<kKind>(lanes, rows, o, row, first, last, c);
      });
    }
  }
}

template <ActivationKind kKind, class T>
Kernel finished(Kernel sums, const Rows& rows, const Epilogue& epilogue) {
  WorkspaceLayout workspace;
  workspace.add<std::byte>(static_cast<std::int64_t>(sums.workspace_bytes));
  // y can't hold the sums while they are laid out otherwise, or while it is
  // the memory of the residual.
  const bool apart = rows.blocked || epilogue.residual;
  const auto temporary =
      workspace.add<T>(apart ? rows.count * rows.width * rows.channels : 0);
  return {.run =
              [=, run = sums.run](const KernelArguments& arguments) {
                auto* y = arguments.output<T>(0);
                T* x = apart ? temporary.in(arguments.workspace) : y;
                const std::array<void*, 1> outputs{x};
                run({.inputs = arguments.inputs.first(2),
                     .outputs = outputs,
                     .workspace = arguments.workspace});
                const std::size_t last = arguments.inputs.size() - 1;
                const Operands<T> operands{
                    .x = x,
                    .bias = epilogue.bias ? arguments.input<T>(2) : nullptr,
                    .r = epilogue.residual ? arguments.input<T>(last) : nullptr,
                    .y = y};
                parallel_ranges(rows.count, 1,
                                [=](std::int64_t begin, std::int64_t end) {
                                  for (std::int64_t i = begin; i < end; ++i) {
                                    finish_row<kKind>(rows, operands, i);
                                  }
                                });
              },
          .workspace_bytes = workspace.bytes(),
          .implementation = sums.implementation};
}

Kernel make_with_epilogue(const Kernel& sums, ChannelLayout layout,
                          const TensorSpec& output, const Epilogue& epilogue) {
  const Shape& shape = output.shape;
  const Rows rows{.count = shape[0] * shape[1],
                  .per_image = shape[1],
                  .width = shape[2],
                  .channels = shape[3],
                  .blocked = layout == ChannelLayout::blocks_of_8};
  return with_element("the end of a convolution", output, [&](auto element) {
    return with_activation(epilogue.activation, [&](auto kind) {
      return finished<kind(), decltype(element)>(sums, rows, epilogue);
    });
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_with_epilogue);

Kernel with_epilogue(Kernel sums, ChannelLayout layout,
                     const TensorSpec& output, const Epilogue& epilogue) {
  if (layout == ChannelLayout::last && epilogue.empty()) return sums;
  return HWY_DYNAMIC_DISPATCH(make_with_epilogue)(sums, layout, output,
                                                  epilogue);
}

}  // namespace lathe::cpu
#endif
