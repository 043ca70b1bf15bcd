// The weight gradient of convolutions of few channels, such as a photograph's:
// in a line of the image the pixels and channels that a row of a window meets
// are neighbours, and the next window's lie a stride further, which is a matrix
// to be multiplied as it is.
#include <algorithm>

#include "core/cpu/convolution.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/shallow_weight_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/tile_product.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

class ShallowWeightGradient {
 public:
  explicit ShallowWeightGradient(const ConvolutionShape& shape)
      : shape_(shape),
        met_((shape.result.width - 1) * shape.window.strides.width +
             shape.window.kernel.width),
        row_weights_(shape.window.kernel.width * shape.channels *
                     shape.filters),
        weights_(shape.window.kernel.height * row_weights_) {
    constexpr std::int64_t kMostTasks = 32;
    const std::int64_t rows = shape.batch * shape.result.height;
    task_rows_ = (rows + kMostTasks - 1) / kMostTasks;
    tasks_ = (rows + task_rows_ - 1) / task_rows_;
    lines_ = workspace_.add<float>(tasks_ * met_ * shape.channels);
    partials_ = workspace_.add<float>(tasks_ * weights_);
  }

  Kernel kernel() const {
    return {
        .run = [self = *this](const KernelArguments& call) { self.run(call); },
        .workspace_bytes = workspace_.bytes()};
  }

 private:
  void run(const KernelArguments& call) const {
    float* partials = partials_.in(call.workspace);
    parallel_tasks(tasks_, [&](std::int64_t task) {
      float* partial = partials + task * weights_;
      float* line = lines_.in(call.workspace) + task * met_ * shape_.channels;
      std::fill_n(partial, weights_, 0.0F);
      std::fill_n(line, met_ * shape_.channels, 0.0F);
      const std::int64_t rows = shape_.batch * shape_.result.height;
      const std::int64_t end = std::min((task + 1) * task_rows_, rows);
      for (std::int64_t row = task * task_rows_; row < end; ++row) {
        add_row(call, row, line, partial);
      }
    });
    float* dw = call.output<float>(0);
    for (std::int64_t i = 0; i < weights_; ++i) {
      double sum = 0;
      for (std::int64_t task = 0; task < tasks_; ++task) {
        sum += static_cast<double>(partials[task * weights_ + i]);
      }
      dw[i] = static_cast<float>(sum);
    }
  }

  // What a row of the result adds.
  void add_row(const KernelArguments& call, std::int64_t row, float* line,
               float* partial) const {
    const auto& [kernel, strides, dilation, padding] = shape_.window;
    const std::int64_t width = shape_.result.width * shape_.filters;
    const float* dy = call.input<float>(1) + row * width;
    const std::int64_t n = row / shape_.result.height;
    const std::int64_t top =
        row % shape_.result.height * strides.height - padding.top;
    Ahead ahead(dy + width, dy + width + width / 2, width / 2);
    for (std::int64_t i = 0; i < kernel.height; ++i) {
      const std::int64_t from = top + i;
      if (from < 0 || from >= shape_.image.height) continue;
      const float* x = call.input<float>(0) + (n * shape_.image.height + from) *
                                                  shape_.image.width *
                                                  shape_.channels;
      add_product({.rows = kernel.width * shape_.channels,
                   .columns = shape_.filters,
                   .inner = shape_.result.width,
                   .a = padded(x, line),
                   .a_row = 1,
                   .a_inner = strides.width * shape_.channels,
                   .b = dy,
                   .c = partial + i * row_weights_,
                   .ahead = &ahead});
    }
  }

  // The line from the first pixel that a window meets, which may be padding;
  // that is zero in `line` already.
  const float* padded(const float* x, float* line) const {
    const std::int64_t left = shape_.window.padding.left;
    if (left == 0 && met_ <= shape_.image.width) return x;
    const std::int64_t count = std::min(shape_.image.width, met_ - left);
    if (count > 0) {
      std::copy_n(x, count * shape_.channels, line + left * shape_.channels);
    }
    return line;
  }

  ConvolutionShape shape_;
  std::int64_t met_;          // pixels of a line that windows meet
  std::int64_t row_weights_;  // of a row of a window
  std::int64_t weights_;
  std::int64_t task_rows_;
  std::int64_t tasks_;
  WorkspaceLayout workspace_;
  WorkspaceArray<float> lines_;
  WorkspaceArray<float> partials_;
};

Kernel make_shallow_weight_gradient(const ConvolutionShape& shape) {
  return ShallowWeightGradient(shape).kernel();
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_shallow_weight_gradient);

bool is_shallow(const ConvolutionShape& shape) {
  constexpr std::int64_t kMostChannels = 4;
  constexpr std::int64_t kLeastRow = 8;  // to fill a tile of a product
  return shape.dtype == DType::float32 && shape.groups == 1 &&
         shape.channels <= kMostChannels &&
         shape.channels * shape.window.kernel.width >= kLeastRow &&
         shape.window.dilation == graph::Size2D{};
}

Kernel shallow_weight_gradient(const ConvolutionShape& shape) {
  return HWY_DYNAMIC_DISPATCH(make_shallow_weight_gradient)(shape);
}

}  // namespace lathe::cpu
#endif
