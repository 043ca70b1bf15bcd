// The statistics of y = x w from those of x: mean(y) = mean(x) w, and of each
// filter var(y) = w' cov(x) w. To lose no digits to channels that are far from
// zero, x is counted from the means of its first pixels.
#include <algorithm>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/convolution_statistics.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/channel_rows.h"
#include "core/cpu/tile_product.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

class PixelStatistics {
 public:
  explicit PixelStatistics(const Signature& signature)
      : pixels_(pixels_of(signature.inputs[0].shape)),
        channels_(signature.inputs[0].shape.back()),
        filters_(signature.inputs[1].shape.back()) {
    constexpr std::int64_t kMostTasks = 32;
    const std::int64_t pieces = (pixels_ + kPiece - 1) / kPiece;
    rows_ = (pieces + kMostTasks - 1) / kMostTasks * kPiece;
    tasks_ = (pixels_ + rows_ - 1) / rows_;
    const std::int64_t squares = channels_ * channels_;
    origin_ = workspace_.add<float>(channels_);
    pieces_ = workspace_.add<float>(tasks_ * kPiece * channels_);
    products_ = workspace_.add<float>(tasks_ * squares);
    sums_ = workspace_.add<double>(tasks_ * channels_);
    squares_ = workspace_.add<double>(tasks_ * squares);
    weighted_ = workspace_.add<double>(channels_ * filters_);
  }

  Kernel kernel() const {
    return {.run =
                [self = *this](const KernelArguments& arguments) {
                  self.find_origin(arguments);
                  self.sum(arguments);
                  self.finish(arguments);
                },
            .workspace_bytes = workspace_.bytes()};
  }

 private:
  // So few are summed in float32 before they join a sum in float64.
  static constexpr std::int64_t kPiece = 128;

  void find_origin(const KernelArguments& arguments) const {
    constexpr std::int64_t kFirst = 64;
    const std::int64_t count = std::min(kFirst, pixels_);
    const auto* x = arguments.input<float>(0);
    float* origin = origin_.in(arguments.workspace);
    for (std::int64_t c = 0; c < channels_; ++c) {
      float sum = 0;
      for (std::int64_t p = 0; p < count; ++p) sum += x[p * channels_ + c];
      origin[c] = sum / static_cast<float>(count);
    }
  }

  // Of each task the sums of x and of its products with itself.
  void sum(const KernelArguments& arguments) const {
    const std::int64_t count = channels_ * channels_;
    const float* origin = origin_.in(arguments.workspace);
    parallel_tasks(tasks_, [&](std::int64_t task) {
      void* workspace = arguments.workspace;
      float* piece = pieces_.in(workspace) + task * kPiece * channels_;
      float* products = products_.in(workspace) + task * count;
      double* sums = sums_.in(workspace) + task * channels_;
      double* squares = squares_.in(workspace) + task * count;
      std::fill_n(sums, channels_, 0.0);
      std::fill_n(squares, count, 0.0);
      const std::int64_t end = std::min((task + 1) * rows_, pixels_);
      for (std::int64_t first = task * rows_; first < end; first += kPiece) {
        const std::int64_t pixels = std::min(kPiece, end - first);
        const float* x = arguments.input<float>(0) + first * channels_;
        for (std::int64_t p = 0; p < pixels * channels_; p += channels_) {
          for_vectors(0, channels_, [=](auto lanes, std::int64_t c) HWY_ATTR {
            lanes.store(hn::Sub(lanes.load(x + p + c), lanes.load(origin + c)),
                        piece + p + c);
          });
          for (std::int64_t c = 0; c < channels_; ++c) {
            sums[c] += static_cast<double>(piece[p + c]);
          }
        }
        std::fill_n(products, count, 0.0F);
        Ahead ahead(x + pixels * channels_,
                    x + pixels * channels_ + pixels * channels_ / 2,
                    std::min(kPiece, end - first - pixels) * channels_ / 2);
        add_product({.rows = channels_,
                     .columns = channels_,
                     .inner = pixels,
                     .a = piece,
                     .a_row = 1,
                     .a_inner = channels_,
                     .b = piece,
                     .c = products,
                     .ahead = &ahead});
        for (std::int64_t i = 0; i < count; ++i) {
          squares[i] += static_cast<double>(products[i]);
        }
      }
    });
  }

  // Adds up what tasks have summed, `stride` elements apart.
  double total(const double* of_task, std::int64_t stride) const {
    double sum = 0;
    for (std::int64_t task = 0; task < tasks_; ++task) {
      sum += of_task[task * stride];
    }
    return sum;
  }

  void finish(const KernelArguments& arguments) const {
    void* workspace = arguments.workspace;
    const auto* w = arguments.input<float>(1);
    const auto count = static_cast<double>(pixels_);
    // The tasks' sums are replaced by the means, counted from the origin.
    double* means = sums_.in(workspace);
    for (std::int64_t c = 0; c < channels_; ++c) {
      means[c] = total(means + c, channels_) / count;
    }
    const double* squares = squares_.in(workspace);
    double* weighted = weighted_.in(workspace);
    parallel_tasks(channels_, [&](std::int64_t c) {
      double* row = weighted + c * filters_;
      std::fill_n(row, filters_, 0.0);
      for (std::int64_t k = 0; k < channels_; ++k) {
        const double covariance =
            total(squares + c * channels_ + k, channels_ * channels_) / count -
            means[c] * means[k];
        for (std::int64_t f = 0; f < filters_; ++f) {
          row[f] += covariance * static_cast<double>(w[k * filters_ + f]);
        }
      }
    });
    const float* origin = origin_.in(workspace);
    for (std::int64_t f = 0; f < filters_; ++f) {
      double mean = 0;
      double variance = 0;
      for (std::int64_t c = 0; c < channels_; ++c) {
        const auto weight = static_cast<double>(w[c * filters_ + f]);
        mean += weight * (static_cast<double>(origin[c]) + means[c]);
        variance += weight * weighted[c * filters_ + f];
      }
      arguments.output<float>(0)[f] = static_cast<float>(mean);
      // Rounding may leave less than nothing.
      arguments.output<float>(1)[f] =
          static_cast<float>(std::max(variance, 0.0));
    }
  }

  std::int64_t pixels_;
  std::int64_t channels_;
  std::int64_t filters_;
  std::int64_t rows_;  // pixels of a task
  std::int64_t tasks_;
  WorkspaceLayout workspace_;
  WorkspaceArray<float> origin_;
  WorkspaceArray<float> pieces_;
  WorkspaceArray<float> products_;
  WorkspaceArray<double> sums_;
  WorkspaceArray<double> squares_;
  WorkspaceArray<double> weighted_;
};

Kernel make_convolution_statistics(
    const graph::ConvolutionStatistics& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  return PixelStatistics(signature).kernel();
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(ConvolutionStatistics, make_convolution_statistics)
}  // namespace lathe::cpu
#endif
