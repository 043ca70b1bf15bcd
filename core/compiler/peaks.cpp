#include "core/compiler/peaks.h"

#include <algorithm>
#include <array>

#include "core/compiler/backend.h"
#include "core/cpu/peaks.h"
#include "core/cuda/memory.h"
#include "core/cuda/stopwatch.h"

namespace lathe {
namespace {

// Of a run of the operation on two matrices, the fastest of several.
double seconds_on_gpu(const graph::Operation& operation, const TensorSpec& spec,
                      const TensorSpec& result, Precision precision) {
  const Kernel kernel = make_kernel(
      Device::cuda, operation,
      {.inputs = {spec, spec}, .outputs = {result}, .precision = precision});
  std::array<std::shared_ptr<void>, 3> matrices;
  for (auto& matrix : matrices) {
    matrix = cuda::device_memory(std::max(spec.bytes(), result.bytes()));
  }
  const auto workspace = cuda::device_memory(kernel.workspace_bytes);
  const std::array<void*, 2> inputs{matrices[0].get(), matrices[1].get()};
  const std::array<void*, 1> outputs{matrices[2].get()};
  cuda::Stopwatch watch;
  constexpr std::size_t kRuns = 5;
  watch.mark(cuda::stream());
  for (std::size_t i = 0; i < kRuns; ++i) {
    kernel.run({.inputs = inputs,
                .outputs = outputs,
                .workspace = workspace.get(),
                .stream = cuda::stream()});
    watch.mark(cuda::stream());
  }
  const std::vector<double> marks = watch.milliseconds();
  double best = marks[1] - marks[0];
  for (std::size_t i = 1; i < kRuns; ++i) {
    best = std::min(best, marks[i + 1] - marks[i]);
  }
  return best / 1000;
}

}  // namespace

Peaks measure_peaks(Device device, Precision precision, std::int64_t side) {
  if (device == Device::cpu) {
    return {.flops = cpu::peak_flops(precision), .bytes = cpu::peak_bytes()};
  }
  const TensorSpec matrix{
      {side, side},
      precision == Precision::bf16 ? DType::bfloat16 : DType::float32};
  // As the mixed precision has it.
  const TensorSpec product{{side, side}, DType::float32};
  const auto elements = static_cast<double>(side * side);
  return {.flops = 2 * elements * static_cast<double>(side) /
                   seconds_on_gpu(graph::MatrixProduct{}, matrix, product,
                                  precision),
          .bytes = 3 * static_cast<double>(matrix.bytes()) /
                   seconds_on_gpu(graph::Add{}, matrix, matrix, precision)};
}

}  // namespace lathe
