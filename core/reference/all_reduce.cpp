#include <algorithm>
#include <array>

#include "core/communication/reductions.h"
#include "core/reference/kernels.h"
#include "core/reference/targets.h"

namespace lathe::reference {
namespace {

std::vector<std::size_t> element_counts(const Signature& signature) {
  std::vector<std::size_t> counts;
  for (const TensorSpec& spec : signature.inputs) {
    counts.push_back(static_cast<std::size_t>(spec.shape.elements()));
  }
  return counts;
}

// Rows that count in the loss.
double counted(const KernelArguments& call, const TensorSpec& targets) {
  const std::int64_t elements = targets.shape.elements();
  if (targets.dtype != DType::float32) {
    return Targets(call, 0, targets.dtype).counted(elements);
  }
  const std::int64_t classes = targets.shape.back();
  double result = 0;
  for (std::int64_t i = 0; i < elements; i += classes) {
    const float* row = call.input<float>(0) + i;
    result += std::any_of(row, row + classes, [](float p) { return p != 0; });
  }
  return result;
}

}  // namespace

Kernel make(const graph::StartAllReduce& operation,
            const Signature& signature) {
  const std::vector<std::size_t> counts = element_counts(signature);
  graph::ReductionBucket& bucket = *operation.bucket;
  std::size_t total = 0;
  for (const std::size_t count : counts) total += count;
  bucket.values.resize(total);
  // All ranks make it here, rather than in their first step.
  bucket.ranks->reductions();
  return {
      .run = [bucket = operation.bucket, counts](const KernelArguments& call) {
        float* values = bucket->values.data();
        for (std::size_t i = 0; i < counts.size(); ++i) {
          values = std::copy_n(call.input<float>(i), counts[i], values);
        }
        bucket->number = bucket->ranks->reductions().start(bucket->values);
      }};
}

Kernel make(const graph::WaitAllReduce& operation, const Signature& signature) {
  return {
      .run = [bucket = operation.bucket,
              counts = element_counts(signature)](const KernelArguments& call) {
        bucket->ranks->reductions().wait(bucket->number);
        const float* values = bucket->values.data();
        for (std::size_t i = 0; i < counts.size(); ++i) {
          std::copy_n(values, counts[i], call.written<float>(i));
          values += counts[i];
        }
      }};
}

Kernel make(const graph::TargetShare& operation, const Signature& signature) {
  return {.run = [ranks = operation.ranks,
                  targets = signature.inputs[0]](const KernelArguments& call) {
    const double own = counted(call, targets);
    std::array<double, 1> all{own};
    ranks->all_reduce(all);
    *call.output<float>(0) =
        all[0] == 0 ? 0.0F : static_cast<float>(own / all[0]);
  }};
}

}  // namespace lathe::reference
