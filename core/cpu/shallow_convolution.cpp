// Convolutions of few channels, such as a photograph's, by a product of
// matrices for each row of results: see shallow_lines.h.
#include "core/cpu/shallow_lines.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/shallow_convolution.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/tile_product.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

class ShallowConvolution {
 public:
  ShallowConvolution(const ConvolutionShape& shape, bool has_bias,
                     ActivationKind activation)
      : lines_{shape},
        has_bias_(has_bias),
        multiply_(product_with<float>(activation)),
        workers_(workers_for(rows())),
        zeros_(workspace_.add<float>(has_bias ? 0 : shape.filters)),
        scratch_(workspace_.add<float>(workers_ * window_lines())) {}

  Kernel kernel() const {
    return {
        .run = [self = *this](const KernelArguments& call) { self.run(call); },
        .workspace_bytes = workspace_.bytes()};
  }

 private:
  // Of results, of all images.
  std::int64_t rows() const {
    return lines_.shape.batch * lines_.shape.result.height;
  }
  // Elements of the lines that a row of windows meets.
  std::int64_t window_lines() const {
    return lines_.shape.window.kernel.height * lines_.elements();
  }

  void run(const KernelArguments& call) const {
    const ConvolutionShape& shape = lines_.shape;
    const float* bias = zeros_.in(call.workspace);
    if (has_bias_) {
      bias = call.input<float>(2);
    } else {
      std::fill_n(zeros_.in(call.workspace), shape.filters, 0.0F);
    }
    parallel_workers(rows(), workers_, [&](std::int64_t worker, Tasks mine) {
      float* scratch = scratch_.in(call.workspace) + worker * window_lines();
      std::fill_n(scratch, window_lines(), 0.0F);
      while (const auto row = mine.next()) {
        copy_lines(*row, call.input<float>(0), scratch);
        Ahead none;
        multiply_({.rows = shape.result.width,
                   .columns = shape.filters,
                   .inner = lines_.row(),
                   .a = scratch,
                   .a_row = lines_.stride(),
                   .a_inner = 1,
                   .b = call.input<float>(1),
                   .c = call.output<float>(0) +
                        *row * shape.result.width * shape.filters,
                   .ahead = &none,
                   .start = bias,
                   .pieces = shape.window.kernel.height,
                   .a_piece = lines_.elements()});
      }
    });
  }

  // Those that a row of windows meets; the padding on their sides is left.
  void copy_lines(std::int64_t row, const float* images, float* to) const {
    for (std::int64_t i = 0; i < lines_.shape.window.kernel.height; ++i) {
      const float* x = lines_.met_line(row, i, images);
      if (x == nullptr) {
        std::fill_n(to, lines_.elements(), 0.0F);
      } else {
        lines_.pad(x, to);
      }
      to += lines_.elements();
    }
  }

  ShallowLines lines_;
  bool has_bias_;
  Product<float> multiply_;
  std::int64_t workers_;
  WorkspaceLayout workspace_;
  WorkspaceArray<float> zeros_;
  WorkspaceArray<float> scratch_;
};

Kernel make_shallow_convolution(const ConvolutionShape& shape, bool has_bias,
                                graph::ActivationKind activation) {
  return ShallowConvolution(shape, has_bias, activation).kernel();
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_shallow_convolution);

Kernel shallow_convolution(const ConvolutionShape& shape, bool has_bias,
                           graph::ActivationKind activation) {
  return HWY_DYNAMIC_DISPATCH(make_shallow_convolution)(shape, has_bias,
                                                        activation);
}

}  // namespace lathe::cpu
#endif
