#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/reduce_sum.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/row_sweep.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// Each of the `outer` parts is summed to its own row of `inner` totals.
template <bool kProduct, class T>
Kernel reduce_sum(const graph::ReduceSum& operation,
                  const Signature& signature) {
  const auto shape = graph::broadcast(
      operation.kName, signature.inputs[0].shape, operation.target);
  const ChannelRows rows(shape.repeated, shape.inner);
  const std::int64_t tasks = shape.outer * rows.chunks;
  WorkspaceLayout workspace;
  const auto partial = workspace.add<double>(tasks * rows.width);
  const auto total = workspace.add<double>(rows.channels);
  const auto sums = workspace.add<float>(tasks * rows.width);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* x = arguments.input<T>(0);
                const auto* f = kProduct ? arguments.input<T>(1) : x;
                auto* y = arguments.output<float>(0);
                auto* partials = partial.in(arguments.workspace);
                auto* totals = total.in(arguments.workspace);
                auto* block = sums.in(arguments.workspace);
                parallel_tasks(tasks, [=](std::int64_t task) HWY_ATTR {
                  const std::int64_t start = task / rows.chunks * rows.elements;
                  sum_chunk<1>(
                      rows, task % rows.chunks, block + task * rows.width,
                      partials + task * rows.width, [=](std::int64_t) HWY_ATTR {
                        return [=](auto lanes, std::int64_t i) HWY_ATTR {
                          const Vector value = lanes.load(x + start + i);
                          if constexpr (!kProduct) return std::array{value};
                          return std::array{
                              hn::Mul(value, lanes.load(f + start + i))};
                        };
                      });
                });
                for (std::int64_t n = 0; n < shape.outer; ++n) {
                  rows.fold(partials + n * rows.chunks * rows.width, rows.width,
                            totals);
                  std::transform(
                      totals, totals + rows.channels, y + n * rows.channels,
                      [](double sum) { return static_cast<float>(sum); });
                }
              },
          .workspace_bytes = workspace.bytes()};
}

// Runs of neighbours, few enough to be summed in float32.
bool is_short(const graph::BroadcastShape& shape) {
  constexpr std::int64_t kMost = 512;
  return shape.inner == 1 && shape.repeated <= kMost;
}

template <bool kProduct, class T>
Kernel sum_of_runs(const graph::BroadcastShape& shape) {
  const std::int64_t run = shape.repeated;
  constexpr std::int64_t kGrain = 16384;
  return {.run = [=](const KernelArguments& arguments) {
    const auto* x = arguments.input<T>(0);
    const auto* f = kProduct ? arguments.input<T>(1) : x;
    auto* y = arguments.output<float>(0);
    parallel_ranges(shape.outer, kGrain / run + 1,
                    [=](std::int64_t first, std::int64_t last) HWY_ATTR {
                      for (std::int64_t i = first; i < last; ++i) {
                        Vector sum = all(0);
                        for_vectors(i * run, (i + 1) * run,
                                    [&](auto lanes, std::int64_t at) HWY_ATTR {
                                      const Vector value = lanes.load(x + at);
                                      const Vector factor =
                                          kProduct ? lanes.load(f + at)
                                                   : all(1);
                                      sum = hn::MulAdd(value, factor, sum);
                                    });
                        y[i] = hn::GetLane(hn::SumOfLanes(Floats(), sum));
                      }
                    });
  }};
}

Kernel make_reduce_sum(const graph::ReduceSum& operation,
                       const Signature& signature) {
  const auto shape = graph::broadcast(
      operation.kName, signature.inputs[0].shape, operation.target);
  const auto with_product = [&](auto element, auto product) {
    using T = decltype(element);
    return is_short(shape) ? sum_of_runs<product(), T>(shape)
                           : reduce_sum<product(), T>(operation, signature);
  };
  return with_element(operation.kName, signature.inputs[0], [&](auto element) {
    return signature.inputs.size() == 2
               ? with_product(element, std::true_type())
               : with_product(element, std::false_type());
  });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(ReduceSum, make_reduce_sum)
}  // namespace lathe::cpu
#endif
