// The gradients of a convolution of single pixels, y = x w, and of the
// normalisation after it, in one pass over y. With g flowing into the
// normalised and s = gamma / deviation, dy is
//   g s - a - y b,  b = s mean(g z) / deviation,  a = s mean(g) - mean b
// for each filter, z being the normalised y. The means are known at the end of
// the pass only, but y is x w, so
//   dx = g (w s)' - w a - x (w b w')
//   dw = x'g s - (sum of x) a' - x'x w b
// where all but g comes from x, which has fewer channels, and from the sums
// x'g, x'x and that of x. g is made by pieces that stay in a core's cache.
#include <cmath>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/normalized_convolution.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/normalization_gradient.h"
#include "core/cpu/row_pieces.h"
#include "core/cpu/tile_product.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// to += the sum of `pixels` rows of x.
void sum_pixels(const float* x, std::int64_t pixels, std::int64_t channels,
                float* sums, double* to) {
  std::fill_n(sums, channels, 0.0F);
  for (std::int64_t p = 0; p < pixels; ++p) {
    for_vectors(0, channels, [=](auto lanes, std::int64_t c) HWY_ATTR {
      const Vector sum = lanes.load(sums + c);
      lanes.store(hn::Add(sum, lanes.load(x + p * channels + c)), sums + c);
    });
  }
  for (std::int64_t c = 0; c < channels; ++c) {
    to[c] += static_cast<double>(sums[c]);
  }
}

// Where the arrays of a call lie; those a task are one after another.
struct Places {
  // A task's.
  WorkspaceArray<double> partials;  // sums of g and g z
  WorkspaceArray<double> x_sums;
  WorkspaceArray<float> blocks;
  WorkspaceArray<float> channel_block;
  WorkspaceArray<float> g;
  WorkspaceArray<float> xg;
  WorkspaceArray<float> xx;
  // All tasks'.
  WorkspaceArray<float> rows;     // of y: what gradient_terms reads
  WorkspaceArray<float> scaled;   // w s, transposed
  WorkspaceArray<double> a;       // a and b
  WorkspaceArray<double> xxw;     // x'x w
  WorkspaceArray<float> offset;   // w a
  WorkspaceArray<float> product;  // -w b w'
};

template <ActivationKind kKind>
class NormalizedConvolutionGradient {
 public:
  NormalizedConvolutionGradient(
      const graph::NormalizedConvolutionGradient& operation,
      const Signature& signature)
      : epsilon_(operation.epsilon),
        residual_(operation.residual),
        pixels_(pixels_of(signature.inputs[1].shape)),
        channels_(signature.inputs[6].shape.back()),
        filters_(signature.inputs[1].shape.back()),
        pieces_(pixels_, filters_) {
    const std::int64_t width = pieces_.shape.width;
    const std::int64_t tasks = pieces_.tasks;
    places_ = {.partials = workspace_.add<double>(tasks * 2 * width),
               .x_sums = workspace_.add<double>(tasks * channels_),
               .blocks = workspace_.add<float>(tasks * 2 * width),
               .channel_block = workspace_.add<float>(tasks * channels_),
               .g = workspace_.add<float>(tasks * pieces_.piece_floats()),
               .xg = workspace_.add<float>(tasks * channels_ * filters_),
               .xx = workspace_.add<float>(tasks * channels_ * channels_),
               .rows = workspace_.add<float>(4 * width),
               .scaled = workspace_.add<float>(channels_ * filters_),
               .a = workspace_.add<double>(2 * filters_),
               .xxw = workspace_.add<double>(channels_ * filters_),
               .offset = workspace_.add<float>(channels_),
               .product = workspace_.add<float>(channels_ * channels_)};
  }

  Kernel kernel() const {
    return {.run =
                [self = *this](const KernelArguments& arguments) {
                  self.prepare(arguments);
                  self.sum(arguments);
                  self.finish_sums(arguments);
                  self.finish_weights(arguments);
                  self.finish_input(arguments);
                },
            .workspace_bytes = workspace_.bytes()};
  }

 private:
  double deviation(const KernelArguments& arguments, std::int64_t f) const {
    return std::sqrt(arguments.input<float>(5)[f] + epsilon_);
  }

  void prepare(const KernelArguments& arguments) const {
    const ChannelRows& shape = pieces_.shape;
    const auto* gamma = arguments.input<float>(2);
    const auto* w = arguments.input<float>(7);
    float* row = places_.rows.in(arguments.workspace);
    float* inverse = row + shape.width;
    float* scale = inverse + shape.width;
    for (std::int64_t f = 0; f < filters_; ++f) {
      const double one = 1 / deviation(arguments, f);
      inverse[f] = static_cast<float>(one);
      scale[f] = static_cast<float>(gamma[f] * one);
    }
    float* scaled = places_.scaled.in(arguments.workspace);
    for (std::int64_t c = 0; c < channels_; ++c) {
      for (std::int64_t f = 0; f < filters_; ++f) {
        scaled[f * channels_ + c] = w[c * filters_ + f] * scale[f];
      }
    }
    shape.spread(arguments.input<float>(4), row);
    shape.spread(inverse, inverse);
    shape.spread(scale, scale);
    shape.spread(arguments.input<float>(3), scale + shape.width);
  }

  // The pass over y: all sums, and of dx what g gives.
  void sum(const KernelArguments& arguments) const {
    const ChannelRows& shape = pieces_.shape;
    const std::int64_t width = shape.width;
    void* workspace = arguments.workspace;
    const float* row = places_.rows.in(workspace);
    const Gradient<float> gradient{.dy = arguments.input<float>(0),
                                   .x = arguments.input<float>(1),
                                   .mean = row,
                                   .inverse = row + width,
                                   .scale = row + 2 * width,
                                   .beta = row + 3 * width};
    const float* scaled = places_.scaled.in(workspace);
    const auto* r = residual_ ? arguments.input<float>(8) : nullptr;
    parallel_tasks(pieces_.tasks, [&](std::int64_t task) {
      double* partial = places_.partials.in(workspace) + task * 2 * width;
      double* x_sum = places_.x_sums.in(workspace) + task * channels_;
      float* block = places_.blocks.in(workspace) + task * 2 * width;
      float* small = places_.channel_block.in(workspace) + task * channels_;
      float* g = places_.g.in(workspace) + task * pieces_.piece_floats();
      float* xg = places_.xg.in(workspace) + task * channels_ * filters_;
      float* xx = places_.xx.in(workspace) + task * channels_ * channels_;
      std::fill_n(partial, 2 * width, 0.0);
      std::fill_n(x_sum, channels_, 0.0);
      std::fill_n(xg, channels_ * filters_, 0.0F);
      std::fill_n(xx, channels_ * channels_, 0.0F);
      pieces_.for_each(task, [&](std::int64_t first, std::int64_t last,
                                 std::int64_t pixels) {
        const std::int64_t start = first * width;
        sum_piece(shape, first, last, block, partial,
                  gradient_terms<kKind>(gradient, g, start));
        const std::int64_t place = start / filters_ * channels_;
        const float* x = arguments.input<float>(6) + place;
        float* dx = arguments.output<float>(0) + place;
        Ahead ahead(gradient.dy + last * width, gradient.x + last * width,
                    pieces_.floats_of(task, last));
        if (r == nullptr) {
          std::fill_n(dx, pixels * channels_, 0.0F);
        } else if (r + place != dx) {
          std::copy_n(r + place, pixels * channels_, dx);
        }
        add_product({.rows = pixels,
                     .columns = channels_,
                     .inner = filters_,
                     .a = g,
                     .a_row = filters_,
                     .a_inner = 1,
                     .b = scaled,
                     .c = dx,
                     .ahead = &ahead});
        TileProduct sums{.rows = channels_,
                         .columns = filters_,
                         .inner = pixels,
                         .a = x,
                         .a_row = 1,
                         .a_inner = channels_,
                         .b = g,
                         .c = xg,
                         .ahead = &ahead};
        add_product(sums);
        sums.columns = channels_;
        sums.b = x;
        sums.c = xx;
        add_product(sums);
        sum_pixels(x, pixels, channels_, small, x_sum);
      });
    });
  }

  // Adds up what tasks have summed, `stride` elements apart.
  template <class T>
  double total(const T* of_task, std::int64_t stride) const {
    double sum = 0;
    for (std::int64_t task = 0; task < pieces_.tasks; ++task) {
      sum += static_cast<double>(of_task[task * stride]);
    }
    return sum;
  }

  void finish_sums(const KernelArguments& arguments) const {
    const ChannelRows& shape = pieces_.shape;
    const std::int64_t width = shape.width;
    const double* partials = places_.partials.in(arguments.workspace);
    double* a = places_.a.in(arguments.workspace);
    double* b = a + filters_;
    const auto count = static_cast<double>(pixels_);
    for (std::int64_t f = 0; f < filters_; ++f) {
      double g = 0;
      double gz = 0;
      for (std::int64_t i = f; i < width; i += filters_) {
        g += total(partials + i, 2 * width);
        gz += total(partials + width + i, 2 * width);
      }
      arguments.output<float>(2)[f] = static_cast<float>(gz);
      arguments.output<float>(3)[f] = static_cast<float>(g);
      const double d = deviation(arguments, f);
      const double s = arguments.input<float>(2)[f] / d;
      b[f] = s * gz / count / d;
      a[f] = s * g / count - arguments.input<float>(4)[f] * b[f];
    }
  }

  // dw, and what finish_input takes, a channel of x at a time.
  void finish_weights(const KernelArguments& arguments) const {
    void* workspace = arguments.workspace;
    const float* xg = places_.xg.in(workspace);
    const float* xx = places_.xx.in(workspace);
    const double* a = places_.a.in(workspace);
    const double* b = a + filters_;
    const auto* w = arguments.input<float>(7);
    parallel_tasks(channels_, [&](std::int64_t c) {
      float* dw = arguments.output<float>(1) + c * filters_;
      double* xxw = places_.xxw.in(workspace) + c * filters_;
      const double x_sum = total(places_.x_sums.in(workspace) + c, channels_);
      double offset = 0;
      for (std::int64_t f = 0; f < filters_; ++f) {
        offset += static_cast<double>(w[c * filters_ + f]) * a[f];
        xxw[f] = 0;
      }
      places_.offset.in(workspace)[c] = static_cast<float>(offset);
      for (std::int64_t k = 0; k < channels_; ++k) {
        const double square =
            total(xx + c * channels_ + k, channels_ * channels_);
        const float* other = w + k * filters_;
        double product = 0;
        for (std::int64_t f = 0; f < filters_; ++f) {
          product += static_cast<double>(w[c * filters_ + f]) * b[f] *
                     static_cast<double>(other[f]);
          xxw[f] += square * static_cast<double>(other[f]);
        }
        places_.product.in(workspace)[c * channels_ + k] =
            static_cast<float>(-product);
      }
      for (std::int64_t f = 0; f < filters_; ++f) {
        const double s = arguments.input<float>(2)[f] / deviation(arguments, f);
        const double sum = total(xg + c * filters_ + f, channels_ * filters_);
        dw[f] = static_cast<float>(sum * s - x_sum * a[f] - xxw[f] * b[f]);
      }
    });
  }

  // What dx lacks yet.
  void finish_input(const KernelArguments& arguments) const {
    void* workspace = arguments.workspace;
    const float* offset = places_.offset.in(workspace);
    const float* product = places_.product.in(workspace);
    // Backwards: what was met last is still in the cache.
    parallel_tasks(pieces_.tasks, [&](std::int64_t i) {
      pieces_.for_each(pieces_.tasks - 1 - i, [&](std::int64_t first,
                                                  std::int64_t,
                                                  std::int64_t pixels) {
        const std::int64_t place = first * pieces_.shape.copies * channels_;
        Ahead ahead;
        float* dx = arguments.output<float>(0) + place;
        for (std::int64_t p = 0; p < pixels; ++p) {
          float* to = dx + p * channels_;
          for_vectors(0, channels_, [=](auto lanes, std::int64_t c) HWY_ATTR {
            lanes.store(hn::Sub(lanes.load(to + c), lanes.load(offset + c)),
                        to + c);
          });
        }
        add_product({.rows = pixels,
                     .columns = channels_,
                     .inner = channels_,
                     .a = arguments.input<float>(6) + place,
                     .a_row = channels_,
                     .a_inner = 1,
                     .b = product,
                     .c = dx,
                     .ahead = &ahead});
      });
    });
  }

  double epsilon_;
  bool residual_;
  std::int64_t pixels_;
  std::int64_t channels_;
  std::int64_t filters_;
  RowPieces pieces_;
  WorkspaceLayout workspace_;
  Places places_;
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
