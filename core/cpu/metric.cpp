#include <algorithm>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/targets.h"
#include "core/cpu/workspace.h"

namespace lathe::cpu {
namespace {

template <class Target>
Kernel confusion_matrix(const graph::ConfusionMatrix& operation,
                        const Signature& signature) {
  constexpr std::int64_t kGrain = 4096;
  const std::int64_t classes = operation.classes;
  const std::int64_t cells = classes * classes;
  const std::int64_t rows = signature.inputs[1].shape.elements();
  const std::int64_t channels =
      rows == 0 ? 1 : signature.inputs[0].shape.elements() / rows;
  const double threshold = operation.threshold;
  const Pieces pieces(rows, kGrain);
  WorkspaceLayout workspace;
  const auto matrices = workspace.add<std::int64_t>(pieces.count * cells);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* p = arguments.input<float>(0);
                const auto* t = arguments.input<Target>(1);
                auto* matrix = matrices.in(arguments.workspace);
                pieces.run([=](std::int64_t piece, std::int64_t first,
                               std::int64_t last) {
                  std::int64_t* counts = matrix + piece * cells;
                  std::fill_n(counts, cells, 0);
                  for (std::int64_t row = first; row < last; ++row) {
                    const std::int64_t target = t[row];
                    if (target == graph::kIgnoredTarget || target < 0 ||
                        target >= classes) {
                      continue;
                    }
                    const float* here = p + row * channels;
                    const std::int64_t predicted =
                        channels == 1
                            ? (here[0] > threshold ? 1 : 0)
                            : std::max_element(here, here + channels) - here;
                    ++counts[target * classes + predicted];
                  }
                });
                auto* total = arguments.output<std::int64_t>(0);
                std::fill_n(total, cells, 0);
                for (std::int64_t i = 0; i < pieces.count * cells; ++i) {
                  total[i % cells] += matrix[i];
                }
              },
          .workspace_bytes = workspace.bytes()};
}

}  // namespace

Kernel make(const graph::ConfusionMatrix& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  return signature.inputs[1].dtype == DType::uint8
             ? confusion_matrix<std::uint8_t>(operation, signature)
             : confusion_matrix<std::int32_t>(operation, signature);
}

}  // namespace lathe::cpu
