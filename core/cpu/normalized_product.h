// The gradients of y = x w, a convolution of single pixels, and of the batch
// normalisation after it, from g, what flows into the normalised scaled and
// shifted y. With s = gamma / deviation, dy is
//   g s - a - y b,  b = s mean(g z) / deviation,  a = s mean(g) - mean b
// for each filter, z being the normalised y. The means are known only when all
// g has been seen, but y is x w, so
//   dx = g (w s)' - w a - x (w b w')
//   dw = x'g s - (sum of x) a' - x'x w b
// where all but g comes from x, which has fewer channels, and from the sums
// x'g, x'x and that of x: g is met once, by pieces that stay in a core's cache.
// Compiled once a target, as core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_NORMALIZED_PRODUCT_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_NORMALIZED_PRODUCT_H_
#undef LATHE_CORE_CPU_NORMALIZED_PRODUCT_H_
#else
#define LATHE_CORE_CPU_NORMALIZED_PRODUCT_H_
#endif

#include <algorithm>
#include <cmath>

#include "core/cpu/row_pieces.h"
#include "core/cpu/tile_product.h"
#include "core/cpu/workspace.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// What g is summed by: tasks, each with sums of its own.
class NormalizedProductGradient {
 public:
  /// The memory of a call.
  struct Operands {
    const float* x;  // (pixels, channels)
    const float* w;  // (channels, filters)
    const float* gamma;
    const float* mean;
    const float* variance;
    const float* r;  // what dx begins with; null: zeros
    float* dx;
    float* dw;
    float* dgamma;
    float* dbeta;
    void* workspace;
  };

  /// The sums of a task over rows of `width()` floats, for sum_piece.
  struct Sums {
    float* block;
    double* totals;  // of g and of g z
  };

  struct Extents {
    std::int64_t pixels;
    std::int64_t channels;
    std::int64_t filters;
    std::int64_t tasks;
  };

  NormalizedProductGradient(const Extents& extents, double epsilon,
                            WorkspaceLayout& workspace)
      : pixels_(extents.pixels),
        channels_(extents.channels),
        filters_(extents.filters),
        epsilon_(epsilon),
        tasks_(extents.tasks),
        pieces_(pixels_, filters_) {
    places_ = {.partials = workspace.add<double>(tasks_ * 2 * width()),
               .x_sums = workspace.add<double>(tasks_ * channels_),
               .blocks = workspace.add<float>(tasks_ * 2 * width()),
               .channel_block = workspace.add<float>(tasks_ * channels_),
               .xg = workspace.add<float>(tasks_ * channels_ * filters_),
               .xx = workspace.add<float>(tasks_ * channels_ * channels_),
               .scaled = workspace.add<float>(channels_ * filters_),
               .a = workspace.add<double>(2 * filters_),
               .xxw = workspace.add<double>(channels_ * filters_),
               .offset = workspace.add<float>(channels_),
               .product = workspace.add<float>(channels_ * channels_)};
  }

  /// That of rows of y.
  std::int64_t width() const { return pieces_.shape.width; }

  double deviation(const Operands& o, std::int64_t f) const {
    return std::sqrt(o.variance[f] + epsilon_);
  }

  /// Before all tasks.
  void prepare(const Operands& o) const {
    float* scaled = places_.scaled.in(o.workspace);
    for (std::int64_t f = 0; f < filters_; ++f) {
      const auto scale = static_cast<float>(o.gamma[f] / deviation(o, f));
      for (std::int64_t c = 0; c < channels_; ++c) {
        scaled[f * channels_ + c] = o.w[c * filters_ + f] * scale;
      }
    }
  }

  /// Begins a task.
  Sums start(const Operands& o, std::int64_t task) const {
    const Sums sums{
        .block = places_.blocks.in(o.workspace) + task * 2 * width(),
        .totals = places_.partials.in(o.workspace) + task * 2 * width()};
    std::fill_n(sums.totals, 2 * width(), 0.0);
    std::fill_n(places_.x_sums.in(o.workspace) + task * channels_, channels_,
                0.0);
    std::fill_n(xg_of(o, task), channels_ * filters_, 0.0F);
    std::fill_n(xx_of(o, task), channels_ * channels_, 0.0F);
    return sums;
  }

  /// The g of `count` pixels from `first` on, whose sums are the caller's.
  void add(const Operands& o, std::int64_t task, std::int64_t first,
           std::int64_t count, const float* g, Ahead& ahead) const {
    const float* x = o.x + first * channels_;
    float* dx = o.dx + first * channels_;
    if (o.r == nullptr) {
      std::fill_n(dx, count * channels_, 0.0F);
    } else if (o.r != o.dx) {
      std::copy_n(o.r + first * channels_, count * channels_, dx);
    }
    add_product({.rows = count,
                 .columns = channels_,
                 .inner = filters_,
                 .a = g,
                 .a_row = filters_,
                 .a_inner = 1,
                 .b = places_.scaled.in(o.workspace),
                 .c = dx,
                 .ahead = &ahead});
    TileProduct<> sums{.rows = channels_,
                       .columns = filters_,
                       .inner = count,
                       .a = x,
                       .a_row = 1,
                       .a_inner = channels_,
                       .b = g,
                       .c = xg_of(o, task),
                       .ahead = &ahead};
    add_product(sums);
    sums.columns = channels_;
    sums.b = x;
    sums.c = xx_of(o, task);
    add_product(sums);
    sum_pixels(x, count,
               places_.channel_block.in(o.workspace) + task * channels_,
               places_.x_sums.in(o.workspace) + task * channels_);
  }

  /// After all tasks.
  void finish(const Operands& o) const {
    finish_sums(o);
    finish_weights(o);
    finish_input(o);
  }

 private:
  // Where the arrays of a call lie; those a task are one after another.
  struct Places {
    // A task's.
    WorkspaceArray<double> partials;  // sums of g and g z
    WorkspaceArray<double> x_sums;
    WorkspaceArray<float> blocks;
    WorkspaceArray<float> channel_block;
    WorkspaceArray<float> xg;
    WorkspaceArray<float> xx;
    // All tasks'.
    WorkspaceArray<float> scaled;   // w s, transposed
    WorkspaceArray<double> a;       // a and b
    WorkspaceArray<double> xxw;     // x'x w
    WorkspaceArray<float> offset;   // w a
    WorkspaceArray<float> product;  // -w b w'
  };

  float* xg_of(const Operands& o, std::int64_t task) const {
    return places_.xg.in(o.workspace) + task * channels_ * filters_;
  }
  float* xx_of(const Operands& o, std::int64_t task) const {
    return places_.xx.in(o.workspace) + task * channels_ * channels_;
  }

  // to += the sum of `count` rows of x.
  void sum_pixels(const float* x, std::int64_t count, float* sums,
                  double* to) const {
    std::fill_n(sums, channels_, 0.0F);
    for (std::int64_t p = 0; p < count * channels_; p += channels_) {
      for_vectors(0, channels_, [=](auto lanes, std::int64_t c) HWY_ATTR {
        const Vector sum = lanes.load(sums + c);
        lanes.store(hn::Add(sum, lanes.load(x + p + c)), sums + c);
      });
    }
    for (std::int64_t c = 0; c < channels_; ++c) {
      to[c] += static_cast<double>(sums[c]);
    }
  }

  // Adds up what tasks have summed, `stride` elements apart.
  template <class T>
  double total(const T* of_task, std::int64_t stride) const {
    double sum = 0;
    for (std::int64_t task = 0; task < tasks_; ++task) {
      sum += static_cast<double>(of_task[task * stride]);
    }
    return sum;
  }

  void finish_sums(const Operands& o) const {
    const double* partials = places_.partials.in(o.workspace);
    double* a = places_.a.in(o.workspace);
    double* b = a + filters_;
    const auto count = static_cast<double>(pixels_);
    for (std::int64_t f = 0; f < filters_; ++f) {
      double g = 0;
      double gz = 0;
      for (std::int64_t i = f; i < width(); i += filters_) {
        g += total(partials + i, 2 * width());
        gz += total(partials + width() + i, 2 * width());
      }
      o.dgamma[f] = static_cast<float>(gz);
      o.dbeta[f] = static_cast<float>(g);
      const double d = deviation(o, f);
      const double s = o.gamma[f] / d;
      b[f] = s * gz / count / d;
      a[f] = s * g / count - o.mean[f] * b[f];
    }
  }

  // dw, and what finish_input takes, a channel of x at a time.
  void finish_weights(const Operands& o) const {
    const float* xg = places_.xg.in(o.workspace);
    const float* xx = places_.xx.in(o.workspace);
    const double* a = places_.a.in(o.workspace);
    const double* b = a + filters_;
    parallel_tasks(channels_, [&](std::int64_t c) {
      const float* w = o.w + c * filters_;
      float* dw = o.dw + c * filters_;
      double* xxw = places_.xxw.in(o.workspace) + c * filters_;
      const double x_sum = total(places_.x_sums.in(o.workspace) + c, channels_);
      double offset = 0;
      for (std::int64_t f = 0; f < filters_; ++f) {
        offset += static_cast<double>(w[f]) * a[f];
        xxw[f] = 0;
      }
      places_.offset.in(o.workspace)[c] = static_cast<float>(offset);
      for (std::int64_t k = 0; k < channels_; ++k) {
        const double square =
            total(xx + c * channels_ + k, channels_ * channels_);
        const float* other = o.w + k * filters_;
        double product = 0;
        for (std::int64_t f = 0; f < filters_; ++f) {
          product +=
              static_cast<double>(w[f]) * b[f] * static_cast<double>(other[f]);
          xxw[f] += square * static_cast<double>(other[f]);
        }
        places_.product.in(o.workspace)[c * channels_ + k] =
            static_cast<float>(-product);
      }
      for (std::int64_t f = 0; f < filters_; ++f) {
        const double s = o.gamma[f] / deviation(o, f);
        const double sum = total(xg + c * filters_ + f, channels_ * filters_);
        dw[f] = static_cast<float>(sum * s - x_sum * a[f] - xxw[f] * b[f]);
      }
    });
  }

  // What dx lacks yet.
  void finish_input(const Operands& o) const {
    const float* offset = places_.offset.in(o.workspace);
    const float* product = places_.product.in(o.workspace);
    // Backwards: what was met last is still in the cache.
    parallel_tasks(pieces_.tasks, [&](std::int64_t i) {
      pieces_.for_each(pieces_.tasks - 1 - i, [&](std::int64_t first,
                                                  std::int64_t,
                                                  std::int64_t count) {
        const std::int64_t place = first * pieces_.shape.copies * channels_;
        Ahead ahead;
        float* dx = o.dx + place;
        for (std::int64_t p = 0; p < count; ++p) {
          float* to = dx + p * channels_;
          for_vectors(0, channels_, [=](auto lanes, std::int64_t c) HWY_ATTR {
            lanes.store(hn::Sub(lanes.load(to + c), lanes.load(offset + c)),
                        to + c);
          });
        }
        add_product({.rows = count,
                     .columns = channels_,
                     .inner = channels_,
                     .a = o.x + place,
                     .a_row = channels_,
                     .a_inner = 1,
                     .b = product,
                     .c = dx,
                     .ahead = &ahead});
      });
    });
  }

  std::int64_t pixels_;
  std::int64_t channels_;
  std::int64_t filters_;
  double epsilon_;
  std::int64_t tasks_;
  RowPieces pieces_;
  Places places_;
};

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
