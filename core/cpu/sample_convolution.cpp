// Convolutions of single pixels with weights of their own for each sample:
// products of matrices with a row a pixel, by pieces of an image that stay in
// the first cache. There are few weights beside pixels, so no time is lost to
// rearranging them.
#include <algorithm>

#include "core/cpu/convolution.h"
#include "core/cpu/convolution_epilogue.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/sample_convolution.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"
#include "core/cpu/tile_product.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

constexpr std::int64_t kPixels = 32;     // of a piece
constexpr std::int64_t kTaskPieces = 8;  // of a task

// What is read or written most is asked for ahead, from two places at once.
Ahead ahead_of(const float* first, std::int64_t count) {
  return {first, first + count / 2, count / 2};
}

// For each sample y (pixels, columns) = f(x (pixels, inner) w (inner, columns)
// + bias [+ r]).
struct SampleProduct {
  std::int64_t batch;
  std::int64_t pixels;
  std::int64_t inner;
  std::int64_t columns;
  // Whether w is given as (columns, inner).
  bool transposed;
  SampleBias bias;
  bool residual;
  ActivationKind activation;

  Kernel kernel() const {
    WorkspaceLayout workspace;
    const auto zeros = workspace.add<float>(columns);
    const auto turned =
        workspace.add<float>(transposed ? batch * inner * columns : 0);
    return {.run =
                [=, self = *this](const KernelArguments& call) {
                  float* none = zeros.in(call.workspace);
                  std::fill_n(none, self.columns, 0.0F);
                  const auto* w = call.input<float>(1);
                  if (self.transposed) {
                    self.transpose(w, turned.in(call.workspace));
                    w = turned.in(call.workspace);
                  }
                  self.run(call, w, none);
                },
            .workspace_bytes = workspace.bytes()};
  }

 private:
  void transpose(const float* w, float* to) const {
    parallel_tasks(batch, [=, this](std::int64_t n) {
      const std::int64_t start = n * inner * columns;
      for (std::int64_t c = 0; c < columns; ++c) {
        for (std::int64_t k = 0; k < inner; ++k) {
          to[start + k * columns + c] = w[start + c * inner + k];
        }
      }
    });
  }

  void run(const KernelArguments& call, const float* w,
           const float* none) const {
    constexpr std::int64_t kTask = kTaskPieces * kPixels;
    const std::int64_t tasks = (pixels + kTask - 1) / kTask;
    const auto* r =
        residual ? call.input<float>(call.inputs.size() - 1) : nullptr;
    parallel_tasks(batch * tasks, [&](std::int64_t task) {
      const std::int64_t n = task / tasks;
      const std::int64_t first = task % tasks * kTask;
      const std::int64_t end = std::min(first + kTask, pixels);
      const float* row = none;
      if (bias == SampleBias::shared) row = call.input<float>(2);
      if (bias == SampleBias::own) row = call.input<float>(2) + n * columns;
      for (std::int64_t p = first; p < end; p += kPixels) {
        const std::int64_t count = std::min(kPixels, end - p);
        const std::int64_t place = n * pixels + p;
        const float* x = call.input<float>(0) + place * inner;
        float* y = call.output<float>(0) + place * columns;
        const std::int64_t next = std::min(kPixels, end - p - count);
        Ahead ahead = inner > columns
                          ? ahead_of(x + count * inner, next * inner)
                          : ahead_of(y + count * columns, next * columns);
        if (r != nullptr) start_from(r + place * columns, row, count, y);
        add_product({.rows = count,
                     .columns = columns,
                     .inner = inner,
                     .a = x,
                     .a_row = inner,
                     .a_inner = 1,
                     .b = w + n * inner * columns,
                     .c = y,
                     .ahead = &ahead,
                     .start = r == nullptr ? row : nullptr});
        if (activation != ActivationKind::linear) finish(count * columns, y);
      }
    });
  }

  // y = r + row, r perhaps being y.
  void start_from(const float* r, const float* row, std::int64_t count,
                  float* y) const {
    for (std::int64_t p = 0; p < count * columns; p += columns) {
      for_vectors(0, columns, [=](auto lanes, std::int64_t c) HWY_ATTR {
        lanes.store(hn::Add(lanes.load(r + p + c), lanes.load(row + c)),
                    y + p + c);
      });
    }
  }

  void finish(std::int64_t count, float* y) const {
    with_activation(activation, [=](auto kind) {
      for_vectors(0, count, [=](auto lanes, std::int64_t i) HWY_ATTR {
        lanes.store(activate<kind()>(lanes.load(y + i)), y + i);
      });
    });
  }
};

Kernel make_sample_product(const ConvolutionShape& shape, bool transposed,
                           SampleBias bias, const Epilogue& epilogue) {
  return SampleProduct{.batch = shape.batch,
                       .pixels = shape.image.height * shape.image.width,
                       .inner = transposed ? shape.filters : shape.channels,
                       .columns = transposed ? shape.channels : shape.filters,
                       .transposed = transposed,
                       .bias = bias,
                       .residual = epilogue.residual,
                       .activation = epilogue.activation}
      .kernel();
}

// Of each sample dw = x' dy, by parts of its pixels: enough of them for many
// threads.
struct SampleWeightGradient {
  std::int64_t batch;
  std::int64_t pixels;
  std::int64_t channels;
  std::int64_t filters;

  Kernel kernel() const {
    constexpr std::int64_t kTasks = 32;
    const std::int64_t most = (pixels + kPixels - 1) / kPixels;
    const std::int64_t parts =
        std::clamp<std::int64_t>(kTasks / batch, 1, most);
    const std::int64_t weights = channels * filters;
    WorkspaceLayout workspace;
    const auto sums = workspace.add<float>(batch * parts * weights);
    return {.run =
                [=, self = *this](const KernelArguments& call) {
                  float* partials = sums.in(call.workspace);
                  parallel_tasks(self.batch * parts, [&](std::int64_t task) {
                    self.sum(call, task / parts, task % parts, parts,
                             partials + task * weights);
                  });
                  parallel_tasks(self.batch, [&](std::int64_t n) {
                    self.add_up(partials + n * parts * weights, parts,
                                call.output<float>(0) + n * weights);
                  });
                },
            .workspace_bytes = workspace.bytes()};
  }

 private:
  void sum(const KernelArguments& call, std::int64_t n, std::int64_t part,
           std::int64_t parts, float* dw) const {
    std::fill_n(dw, channels * filters, 0.0F);
    const std::int64_t end = (part + 1) * pixels / parts;
    for (std::int64_t p = part * pixels / parts; p < end; p += kPixels) {
      const std::int64_t count = std::min(kPixels, end - p);
      const std::int64_t next = std::min(kPixels, end - p - count);
      const std::int64_t place = n * pixels + p;
      const float* x = call.input<float>(0) + place * channels;
      Ahead ahead = ahead_of(x + count * channels, next * channels);
      add_product({.rows = channels,
                   .columns = filters,
                   .inner = count,
                   .a = x,
                   .a_row = 1,
                   .a_inner = channels,
                   .b = call.input<float>(1) + place * filters,
                   .c = dw,
                   .ahead = &ahead});
    }
  }

  void add_up(const float* partials, std::int64_t parts, float* dw) const {
    const std::int64_t weights = channels * filters;
    for_vectors(0, weights, [=](auto lanes, std::int64_t i) HWY_ATTR {
      Vector sum = lanes.load(partials + i);
      for (std::int64_t part = 1; part < parts; ++part) {
        sum = hn::Add(sum, lanes.load(partials + part * weights + i));
      }
      lanes.store(sum, dw + i);
    });
  }
};

Kernel make_sample_weight_gradient(const ConvolutionShape& shape) {
  return SampleWeightGradient{.batch = shape.batch,
                              .pixels = shape.image.height * shape.image.width,
                              .channels = shape.channels,
                              .filters = shape.filters}
      .kernel();
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_sample_product);
HWY_EXPORT(make_sample_weight_gradient);

Kernel sample_convolution(const ConvolutionShape& shape, SampleBias bias,
                          const Epilogue& epilogue) {
  return HWY_DYNAMIC_DISPATCH(make_sample_product)(shape, false, bias,
                                                   epilogue);
}

Kernel sample_input_gradient(const ConvolutionShape& shape, SampleBias bias,
                             const Epilogue& epilogue) {
  return HWY_DYNAMIC_DISPATCH(make_sample_product)(shape, true, bias, epilogue);
}

Kernel sample_weight_gradient(const ConvolutionShape& shape) {
  return HWY_DYNAMIC_DISPATCH(make_sample_weight_gradient)(shape);
}

}  // namespace lathe::cpu
#endif
