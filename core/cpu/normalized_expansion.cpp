// The gradients of an expansion in training, an image's line of z at a time: it
// is expanded again from x, meets dt, and what flows back joins the sums of
// core/cpu/normalized_product.h. Of z only the lines of a window are kept, so
// nothing of its size leaves the core's cache.
#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/normalized_expansion.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/depthwise_gradient_rows.h"
#include "core/cpu/functions.h"
#include "core/cpu/normalized_product.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

using Sums = NormalizedProductGradient::Sums;

// Of a line, with y the normalised and u = gamma y + beta: makes of y z = f(u)
// and of dz g = dz f'(u), and sums g and g y. gamma and beta in rows.
using Turn = void (*)(const ChannelRows& line, const float* gamma,
                      const float* beta, float* y, float* dz, const Sums& sums);

template <ActivationKind kKind>
void turn(const ChannelRows& line, const float* gamma, const float* beta,
          float* y, float* dz, const Sums& sums) {
  const auto terms = [=](std::int64_t v) HWY_ATTR {
    const Vector scale = Whole().load(gamma + v);
    const Vector shift = Whole().load(beta + v);
    return [=](auto lanes, std::int64_t i) HWY_ATTR {
      const Vector normalized = lanes.load(y + i);
      const Vector u = hn::MulAdd(normalized, scale, shift);
      const Vector g = activation_gradient_at<kKind>(lanes.load(dz + i), u);
      lanes.store(activate<kKind>(u), y + i);
      lanes.store(g, dz + i);
      return std::array{g, hn::Mul(g, normalized)};
    };
  };
  if (line.rows > 0) {
    sum_piece(line, 0, line.rows, sums.block, sums.totals, terms);
  }
  if (line.tail > 0) {
    sum_piece(line, line.rows, line.rows, sums.block, sums.totals, terms);
  }
}

// Strips of lines of z, dealt out in tasks whatever the number of threads.
struct Strips {
  std::int64_t height;  // of an image
  std::int64_t lines;   // of a strip
  std::int64_t count;   // of an image
  std::int64_t tasks;

  explicit Strips(const ConvolutionShape& shape) : height(shape.image.height) {
    constexpr std::int64_t kTasks = 32;
    constexpr std::int64_t kLeast = 8;
    const std::int64_t wanted = (kTasks + shape.batch - 1) / shape.batch;
    lines = std::min(std::max((height + wanted - 1) / wanted, kLeast), height);
    count = (height + lines - 1) / lines;
    tasks = std::min(kTasks, shape.batch * count);
  }
};

template <std::int64_t kSize, std::int64_t kStride>
class NormalizedExpansionGradient {
 public:
  NormalizedExpansionGradient(
      const ConvolutionShape& depthwise,
      const graph::NormalizedExpansionGradient& operation,
      const Signature& signature)
      : shape_(depthwise),
        residual_(operation.residual),
        turn_(with_activation(operation.activation,
                              [](auto kind) -> Turn { return turn<kind()>; })),
        channels_(signature.inputs[1].shape.back()),
        line_shape_(shape_.image.width, shape_.channels),
        strips_(depthwise),
        workers_(workers_for(strips_.tasks)),
        product_({.pixels = pixels_of(signature.inputs[1].shape),
                  .channels = channels_,
                  .filters = shape_.channels,
                  .tasks = strips_.tasks},
                 operation.epsilon, workspace_),
        input_rows_{depthwise},
        weight_rows_{depthwise},
        rows_(workspace_.add<float>(2 * line_shape_.width)),
        weights_(workspace_.add<float>((channels_ + 1) * shape_.channels)),
        taps_(workspace_.add<float>(strips_.tasks * taps())),
        scratch_(workspace_.add<float>(workers_ * (kSize + 1) * line())) {}

  Kernel kernel() const {
    return {.run =
                [self = *this](const KernelArguments& arguments) {
                  const Operands operands = self.operands_of(arguments);
                  self.prepare(arguments, operands);
                  self.sum(arguments, operands);
                  self.product_.finish(operands);
                  self.finish_taps(arguments);
                },
            .workspace_bytes = workspace_.bytes()};
  }

 private:
  using Operands = NormalizedProductGradient::Operands;

  std::int64_t line() const { return line_shape_.elements; }
  std::int64_t taps() const { return kSize * kSize * shape_.channels; }

  Operands operands_of(const KernelArguments& arguments) const {
    return {.x = arguments.input<float>(1),
            .w = arguments.input<float>(2),
            .gamma = arguments.input<float>(3),
            .mean = arguments.input<float>(5),
            .variance = arguments.input<float>(6),
            .r = residual_ ? arguments.input<float>(8) : nullptr,
            .dx = arguments.output<float>(0),
            .dw = arguments.output<float>(1),
            .dgamma = arguments.output<float>(2),
            .dbeta = arguments.output<float>(3),
            .workspace = arguments.workspace};
  }

  // The weights and the bias that give the normalised.
  void prepare(const KernelArguments& arguments, const Operands& o) const {
    const std::int64_t filters = shape_.channels;
    float* weights = weights_.in(arguments.workspace);
    float* bias = weights + channels_ * filters;
    for (std::int64_t f = 0; f < filters; ++f) {
      const double inverse = 1 / product_.deviation(o, f);
      for (std::int64_t c = 0; c < channels_ * filters; c += filters) {
        weights[c + f] = static_cast<float>(o.w[c + f] * inverse);
      }
      bias[f] = static_cast<float>(-o.mean[f] * inverse);
    }
    float* rows = rows_.in(arguments.workspace);
    line_shape_.spread(o.gamma, rows);
    line_shape_.spread(arguments.input<float>(4), rows + line_shape_.width);
    product_.prepare(o);
  }

  void sum(const KernelArguments& arguments, const Operands& o) const {
    const std::int64_t count = shape_.batch * strips_.count;
    parallel_workers(
        strips_.tasks, workers_, [&](std::int64_t worker, Tasks mine) {
          float* scratch =
              scratch_.in(arguments.workspace) + worker * (kSize + 1) * line();
          while (const auto next = mine.next()) {
            const std::int64_t task = *next;
            const auto sums = product_.start(o, task);
            float* dv = taps_.in(arguments.workspace) + task * taps();
            std::fill_n(dv, taps(), 0.0F);
            for (std::int64_t strip = count * task / strips_.tasks;
                 strip < count * (task + 1) / strips_.tasks; ++strip) {
              sum_strip(arguments, o, strip, task, sums, dv, scratch);
            }
          }
        });
  }

  void sum_strip(const KernelArguments& arguments, const Operands& o,
                 std::int64_t strip, std::int64_t task, const Sums& sums,
                 float* dv, float* scratch) const {
    const std::int64_t image = strip / strips_.count;
    const std::int64_t begin = strip % strips_.count * strips_.lines;
    const std::int64_t end = std::min(begin + strips_.lines, strips_.height);
    const std::int64_t width = shape_.image.width;
    const std::int64_t filters = shape_.channels;
    const std::int64_t result = shape_.result.width * filters;
    const float* dt =
        arguments.input<float>(0) + image * shape_.result.height * result;
    const auto* v = arguments.input<float>(7);
    const float* weights = weights_.in(arguments.workspace);
    const float* rows = rows_.in(arguments.workspace);
    float* g = scratch + kSize * line();
    const auto top_of = [&](std::int64_t row) {
      return row * kStride - shape_.window.padding.top;
    };
    // The first window that meets the strip.
    std::int64_t row = 0;
    while (row < shape_.result.height && top_of(row) + kSize <= begin) ++row;
    for (std::int64_t l = begin; l < end; ++l) {
      float* z = scratch + l % kSize * line();
      const std::int64_t first = (image * strips_.height + l) * width;
      Ahead ahead(o.x + (first + width) * channels_,
                  o.dx + (first + width) * channels_,
                  l + 1 < end ? width * channels_ : 0);
      add_product({.rows = width,
                   .columns = filters,
                   .inner = channels_,
                   .a = o.x + first * channels_,
                   .a_row = channels_,
                   .a_inner = 1,
                   .b = weights,
                   .c = z,
                   .ahead = &ahead,
                   .start = weights + channels_ * filters});
      input_rows_.compute(dt, v, nullptr, l, g);
      turn_(line_shape_, rows, rows + line_shape_.width, z, g, sums);
      product_.add(o, task, first, width, g, ahead);
      for (; row < shape_.result.height && top_of(row) < end &&
             (top_of(row) + kSize <= l + 1 || l + 1 == end);
           ++row) {
        const Bounds held(top_of(row) - begin, kSize, end - begin);
        Lines<kSize> lines{};
        for (std::int64_t i = held.begin; i < held.end; ++i) {
          lines[static_cast<std::size_t>(i)] =
              scratch + (top_of(row) + i) % kSize * line();
        }
        for (std::int64_t c = 0; c < filters; c += kDepthwiseChannels) {
          weight_rows_.compute(lines, held, dt + row * result, false, c,
                               std::min(c + kDepthwiseChannels, filters), dv);
        }
      }
    }
  }

  void finish_taps(const KernelArguments& arguments) const {
    const float* partials = taps_.in(arguments.workspace);
    auto* dv = arguments.output<float>(4);
    parallel_vectors(taps(), [=, this](auto lanes, std::int64_t i) HWY_ATTR {
      Vector sum = lanes.load(partials + i);
      for (std::int64_t task = 1; task < strips_.tasks; ++task) {
        sum = hn::Add(sum, lanes.load(partials + task * taps() + i));
      }
      lanes.store(sum, dv + i);
    });
  }

  ConvolutionShape shape_;  // of the depthwise one
  bool residual_;
  Turn turn_;
  std::int64_t channels_;  // of x
  ChannelRows line_shape_;
  Strips strips_;
  std::int64_t workers_;
  WorkspaceLayout workspace_;
  NormalizedProductGradient product_;
  DepthwiseInputRows<kSize, kStride, float> input_rows_;
  DepthwiseWeightRows<kSize, kStride, float> weight_rows_;
  WorkspaceArray<float> rows_;     // gamma and beta
  WorkspaceArray<float> weights_;  // and the bias
  WorkspaceArray<float> taps_;     // a task's
  WorkspaceArray<float> scratch_;  // a worker's: lines of z, and one of dz
};

Kernel make_normalized_expansion_gradient(
    const graph::NormalizedExpansionGradient& operation,
    const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Shape& x = signature.inputs[1].shape;
  const Shape& t = signature.inputs[0].shape;
  const ConvolutionShape depthwise{.window = operation.window,
                                   .groups = t[3],
                                   .batch = x[0],
                                   .image = {.height = x[1], .width = x[2]},
                                   .result = {.height = t[1], .width = t[2]},
                                   .channels = t[3],
                                   .filters = t[3]};
  return with_depthwise_window(operation.window, [&](auto size, auto stride) {
    return NormalizedExpansionGradient<size(), stride()>(depthwise, operation,
                                                         signature)
        .kernel();
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(NormalizedExpansionGradient,
                 make_normalized_expansion_gradient)
}  // namespace lathe::cpu
#endif
