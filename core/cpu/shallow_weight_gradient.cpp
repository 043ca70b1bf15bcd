// The weight gradient of convolutions of few channels, such as a photograph's:
// see shallow_lines.h.
#include <algorithm>

#include "core/cpu/shallow_lines.h"
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
      : lines_{shape},
        weights_(shape.window.kernel.height * lines_.row_weights()) {
    constexpr std::int64_t kMostTasks = 32;
    const std::int64_t rows = shape.batch * shape.result.height;
    task_rows_ = (rows + kMostTasks - 1) / kMostTasks;
    tasks_ = (rows + task_rows_ - 1) / task_rows_;
    scratch_ = workspace_.add<float>(tasks_ * lines_.elements());
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
      float* line = scratch_.in(call.workspace) + task * lines_.elements();
      std::fill_n(partial, weights_, 0.0F);
      std::fill_n(line, lines_.elements(), 0.0F);
      const std::int64_t rows = lines_.shape.batch * lines_.shape.result.height;
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
    const ConvolutionShape& shape = lines_.shape;
    const std::int64_t width = shape.result.width * shape.filters;
    const float* dy = call.input<float>(1) + row * width;
    Ahead ahead(dy + width, dy + width + width / 2, width / 2);
    for (std::int64_t i = 0; i < shape.window.kernel.height; ++i) {
      const float* x = lines_.met_line(row, i, call.input<float>(0));
      if (x == nullptr) continue;
      add_product({.rows = lines_.row(),
                   .columns = shape.filters,
                   .inner = shape.result.width,
                   .a = lines_.padded(x, line),
                   .a_row = 1,
                   .a_inner = lines_.stride(),
                   .b = dy,
                   .c = partial + i * lines_.row_weights(),
                   .ahead = &ahead});
    }
  }

  ShallowLines lines_;
  std::int64_t weights_;
  std::int64_t task_rows_;
  std::int64_t tasks_;
  WorkspaceLayout workspace_;
  WorkspaceArray<float> scratch_;
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
