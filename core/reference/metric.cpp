#include <algorithm>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

template <class T, class Target>
Kernel confusion_matrix(const graph::ConfusionMatrix& operation,
                        const Signature& signature) {
  const std::int64_t channels = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.inputs[1].shape.elements();
  return {.run = [=](const KernelArguments& memory) {
    const auto* t = memory.input<Target>(1);
    auto* counts = memory.output<std::int64_t>(0);
    std::fill_n(counts, operation.classes * operation.classes, 0);
    for (std::int64_t row = 0; row < rows; ++row) {
      if (t[row] == graph::kIgnoredTarget || t[row] < 0 ||
          t[row] >= operation.classes) {
        continue;
      }
      const T* p = memory.input<T>(0) + row * channels;
      const std::int64_t predicted =
          channels == 1 ? (p[0] > operation.threshold ? 1 : 0)
                        : std::max_element(p, p + channels) - p;
      ++counts[t[row] * operation.classes + predicted];
    }
  }};
}

}  // namespace

Kernel make(const graph::ConfusionMatrix& operation,
            const Signature& signature) {
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return signature.inputs[1].dtype == DType::uint8
                   ? confusion_matrix<T, std::uint8_t>(operation, signature)
                   : confusion_matrix<T, std::int32_t>(operation, signature);
      });
}

}  // namespace lathe::reference
