// Convolutions of single pixels and their input gradients by products of
// digits: with the same weights for all samples, or each with its own.
#include <algorithm>

#include "core/cpu/convolution.h"
#include "core/cpu/convolution_epilogue.h"
#include "core/cpu/digit_product.h"
#include "core/cpu/workspace.h"
#include "core/parallel.h"
#include "core/prepared_run.h"

namespace lathe::cpu {
namespace {

// For each of `sets` of weights y (pixels, columns) = f(x (pixels, inner) w
// + bias [+ r]).
struct PixelsByDigits {
  std::int64_t sets;
  std::int64_t pixels;
  std::int64_t inner;
  std::int64_t columns;
  // Whether w is given as (columns, inner).
  bool transposed;
  SampleBias bias;
  Epilogue epilogue;
  DigitProduct product{inner, columns};

  // A task is a few pieces of the pixels of a set.
  static constexpr std::int64_t kTask = 4 * DigitProduct::kRows;
  std::int64_t tasks_of_set() const { return (pixels + kTask - 1) / kTask; }
  std::int64_t tasks() const { return sets * tasks_of_set(); }

  void arrange(const float* w, std::byte* to) const {
    parallel_tasks(sets * product.parts(), [&](std::int64_t i) {
      const std::int64_t set = i / product.parts();
      const std::int64_t part = i % product.parts();
      const float* from = w + set * inner * columns;
      const std::int64_t column = part * DigitProduct::kPart;
      std::byte* own = to + set * product.b_bytes();
      if (transposed) {
        product.arrange(part, from + column * inner, 1, inner, own);
      } else {
        product.arrange(part, from + column, columns, 1, own);
      }
    });
  }

  // The weights as arrange() leaves them.
  void run(const KernelArguments& call, Activate activate, std::int64_t task,
           std::byte* workspace) const {
    const std::int64_t set = task / tasks_of_set();
    const std::int64_t first = task % tasks_of_set() * kTask;
    const std::int64_t place = set * pixels + first;
    const float* start = epilogue.bias ? call.input<float>(2) : nullptr;
    if (bias == SampleBias::own) start += set * columns;
    const float* r =
        epilogue.residual
            ? call.input<float>(call.inputs.size() - 1) + place * columns
            : nullptr;
    product.run({.rows = std::min(kTask, pixels - first),
                 .a = call.input<float>(0) + place * inner,
                 .b = call.input<std::byte>(1) + set * product.b_bytes(),
                 .start = start,
                 .r = r,
                 .c = call.output<float>(0) + place * columns,
                 .activate = activate},
                workspace);
  }

  Kernel kernel() const {
    const std::int64_t workers = workers_for(tasks());
    const std::int64_t own_bytes = product.workspace_bytes();
    WorkspaceLayout layout;
    const auto workspace = layout.add<std::byte>(workers * own_bytes);
    const Activate activate =
        epilogue.activation == graph::ActivationKind::linear
            ? nullptr
            : activate_rows(epilogue.activation, DType::float32);
    const Kernel products{
        .run =
            [=, self = *this](const KernelArguments& call) {
              parallel_workers(
                  self.tasks(), workers, [&](std::int64_t worker, Tasks mine) {
                    std::byte* own =
                        workspace.in(call.workspace) + worker * own_bytes;
                    while (const auto task = mine.next()) {
                      self.run(call, activate, *task, own);
                    }
                  });
            },
        .workspace_bytes = layout.bytes(),
        .implementation = "digits"};
    const Kernel arranged{.run = [self = *this](const KernelArguments& call) {
      self.arrange(call.input<float>(0), call.output<std::byte>(0));
    }};
    return prepared_kernel(
        arranged, static_cast<std::size_t>(sets * product.b_bytes()), products);
  }
};

Kernel by_digits(const ConvolutionShape& shape, bool transposed,
                 std::optional<SampleBias> sample_bias,
                 const Epilogue& epilogue) {
  const std::int64_t pixels = shape.image.height * shape.image.width;
  const bool own = sample_bias.has_value();
  return PixelsByDigits{.sets = own ? shape.batch : 1,
                        .pixels = own ? pixels : shape.batch * pixels,
                        .inner = transposed ? shape.filters : shape.channels,
                        .columns = transposed ? shape.channels : shape.filters,
                        .transposed = transposed,
                        .bias = sample_bias.value_or(SampleBias::shared),
                        .epilogue = epilogue}
      .kernel();
}

}  // namespace

bool has_digit_products(const ConvolutionShape& shape) {
  return graph::is_pointwise(shape.window, shape.groups) &&
         shape.dtype == DType::float32 &&
         DigitProduct::serves(
             shape.batch * shape.image.height * shape.image.width,
             shape.channels, shape.filters);
}

Kernel digit_convolution(const ConvolutionShape& shape,
                         std::optional<SampleBias> sample_bias,
                         const Epilogue& epilogue) {
  return by_digits(shape, false, sample_bias, epilogue);
}

Kernel digit_input_gradient(const ConvolutionShape& shape,
                            std::optional<SampleBias> sample_bias,
                            const Epilogue& epilogue) {
  return by_digits(shape, true, sample_bias, epilogue);
}

}  // namespace lathe::cpu
