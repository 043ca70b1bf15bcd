#include <algorithm>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"
#include "core/reference/targets.h"

namespace lathe::reference {
namespace {

template <class T>
std::int64_t predicted_class(const T* p, std::int64_t channels,
                             double threshold) {
  if (channels == 1) return *p > threshold ? 1 : 0;
  return std::max_element(p, p + channels) - p;
}

}  // namespace

Kernel make(const graph::PredictedClass& operation,
            const Signature& signature) {
  const std::int64_t channels = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.outputs[0].shape.elements();
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          for (std::int64_t row = 0; row < rows; ++row) {
            const T* p = memory.input<T>(0) + row * channels;
            const bool zero =
                std::all_of(p, p + channels, [](T x) { return x == 0; });
            memory.output<std::int32_t>(0)[row] =
                operation.ignore_zeros && zero
                    ? graph::kIgnoredLabel
                    : static_cast<std::int32_t>(
                          predicted_class(p, channels, operation.threshold));
          }
        }};
      });
}

Kernel make(const graph::ConfusionMatrix& operation,
            const Signature& signature) {
  const std::int64_t channels = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.inputs[1].shape.elements();
  const DType target_type = signature.inputs[1].dtype;
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Targets t(memory, 1, target_type);
          auto* counts = memory.output<std::int64_t>(0);
          std::fill_n(counts, operation.classes * operation.classes, 0);
          for (std::int64_t row = 0; row < rows; ++row) {
            if (t.ignored(row) || t[row] < 0 || t[row] >= operation.classes) {
              continue;
            }
            ++counts[t[row] * operation.classes +
                     predicted_class(memory.input<T>(0) + row * channels,
                                     channels, operation.threshold)];
          }
        }};
      });
}

Kernel make(const graph::TopK& operation, const Signature& signature) {
  const std::int64_t classes = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.inputs[1].shape.elements();
  const DType target_type = signature.inputs[1].dtype;
  return dispatch(operation.kName, signature.inputs[0].dtype,
                  [&](auto type) -> Kernel {
                    using T = decltype(type);
                    return {.run = [=](const KernelArguments& memory) {
                      const Targets t(memory, 1, target_type);
                      std::int64_t found = 0;
                      for (std::int64_t row = 0; row < rows; ++row) {
                        if (t.ignored(row) || t[row] < 0 || t[row] >= classes)
                          continue;
                        const T* p = memory.input<T>(0) + row * classes;
                        const auto larger = std::count_if(
                            p, p + classes, [&](T x) { return x > p[t[row]]; });
                        found += larger < operation.k ? 1 : 0;
                      }
                      *memory.output<std::int64_t>(0) = found;
                    }};
                  });
}

}  // namespace lathe::reference
