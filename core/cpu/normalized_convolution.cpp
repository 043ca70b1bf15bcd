// The gradients of a convolution of single pixels, y = x w, and of the
// normalisation after it, in one pass over y: core/cpu/normalized_product.h has
// the algebra.
#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/normalized_convolution.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/normalization_gradient.h"
#include "core/cpu/normalized_product.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

template <ActivationKind kKind>
class NormalizedConvolutionGradient {
 public:
  NormalizedConvolutionGradient(
      const graph::NormalizedConvolutionGradient& operation,
      const Signature& signature)
      : residual_(operation.residual),
        filters_(signature.inputs[1].shape.back()),
        pieces_(pixels_of(signature.inputs[1].shape), filters_),
        product_({.pixels = pixels_of(signature.inputs[1].shape),
                  .channels = signature.inputs[6].shape.back(),
                  .filters = filters_,
                  .tasks = pieces_.tasks},
                 operation.epsilon, workspace_),
        rows_(workspace_.add<float>(4 * pieces_.shape.width)),
        g_(workspace_.add<float>(pieces_.tasks * pieces_.piece_floats())) {}

  Kernel kernel() const {
    return {.run =
                [self = *this](const KernelArguments& arguments) {
                  const Operands operands = self.operands_of(arguments);
                  self.prepare(arguments, operands);
                  self.sum(arguments, operands);
                  self.product_.finish(operands);
                },
            .workspace_bytes = workspace_.bytes()};
  }

 private:
  using Operands = NormalizedProductGradient::Operands;

  Operands operands_of(const KernelArguments& arguments) const {
    return {.x = arguments.input<float>(6),
            .w = arguments.input<float>(7),
            .gamma = arguments.input<float>(2),
            .mean = arguments.input<float>(4),
            .variance = arguments.input<float>(5),
            .r = residual_ ? arguments.input<float>(8) : nullptr,
            .dx = arguments.output<float>(0),
            .dw = arguments.output<float>(1),
            .dgamma = arguments.output<float>(2),
            .dbeta = arguments.output<float>(3),
            .workspace = arguments.workspace};
  }

  // The rows that gradient_terms reads.
  void prepare(const KernelArguments& arguments, const Operands& o) const {
    const ChannelRows& shape = pieces_.shape;
    float* row = rows_.in(arguments.workspace);
    float* inverse = row + shape.width;
    float* scale = inverse + shape.width;
    for (std::int64_t f = 0; f < filters_; ++f) {
      const double one = 1 / product_.deviation(o, f);
      inverse[f] = static_cast<float>(one);
      scale[f] = static_cast<float>(o.gamma[f] * one);
    }
    shape.spread(o.mean, row);
    shape.spread(inverse, inverse);
    shape.spread(scale, scale);
    shape.spread(arguments.input<float>(3), scale + shape.width);
    product_.prepare(o);
  }

  void sum(const KernelArguments& arguments, const Operands& o) const {
    const ChannelRows& shape = pieces_.shape;
    const std::int64_t width = shape.width;
    const float* row = rows_.in(arguments.workspace);
    const Gradient<float> gradient{.dy = arguments.input<float>(0),
                                   .x = arguments.input<float>(1),
                                   .mean = row,
                                   .inverse = row + width,
                                   .scale = row + 2 * width,
                                   .beta = row + 3 * width};
    parallel_tasks(pieces_.tasks, [&](std::int64_t task) {
      float* g = g_.in(arguments.workspace) + task * pieces_.piece_floats();
      const auto sums = product_.start(o, task);
      pieces_.for_each(task, [&](std::int64_t first, std::int64_t last,
                                 std::int64_t pixels) {
        sum_piece(shape, first, last, sums.block, sums.totals,
                  gradient_terms<kKind>(gradient, g, first * width));
        Ahead ahead(gradient.dy + last * width, gradient.x + last * width,
                    pieces_.floats_of(task, last));
        product_.add(o, task, first * shape.copies, pixels, g, ahead);
      });
    });
  }

  bool residual_;
  std::int64_t filters_;
  WorkspaceLayout workspace_;
  RowPieces pieces_;
  NormalizedProductGradient product_;
  WorkspaceArray<float> rows_;
  WorkspaceArray<float> g_;
};

Kernel make_normalized_convolution_gradient(
    const graph::NormalizedConvolutionGradient& operation,
    const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  return with_activation(operation.activation, [&](auto kind) {
    return NormalizedConvolutionGradient<kind()>(operation, signature).kernel();
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(NormalizedConvolutionGradient,
                 make_normalized_convolution_gradient)
}  // namespace lathe::cpu
#endif
