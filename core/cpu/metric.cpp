#include <algorithm>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/targets.h"
#include "core/cpu/workspace.h"

namespace lathe::cpu {
namespace {

constexpr std::int64_t kGrain = 4096;

std::int64_t rows_of(const TensorSpec& p) {
  return p.shape.elements() / p.shape.back();
}

// Rows that are worth a task.
std::int64_t row_grain(std::int64_t channels) {
  return (kGrain + channels - 1) / channels;
}

std::int64_t predicted_class(const float* p, std::int64_t channels,
                             double threshold) {
  if (channels == 1) return *p > threshold ? 1 : 0;
  return std::max_element(p, p + channels) - p;
}

template <class Target>
Kernel confusion_matrix(const graph::ConfusionMatrix& operation,
                        const Signature& signature) {
  const std::int64_t classes = operation.classes;
  const std::int64_t cells = classes * classes;
  const std::int64_t rows = rows_of(signature.inputs[0]);
  const std::int64_t channels = signature.inputs[0].shape.back();
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
                    if (is_ignored(t[row]) || target < 0 || target >= classes) {
                      continue;
                    }
                    ++counts[target * classes +
                             predicted_class(p + row * channels, channels,
                                             threshold)];
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

template <class Target>
Kernel top_k(const graph::TopK& operation, const Signature& signature) {
  const std::int64_t k = operation.k;
  const std::int64_t classes = signature.inputs[0].shape.back();
  const Pieces pieces(rows_of(signature.inputs[0]), row_grain(classes));
  WorkspaceLayout workspace;
  const auto counts = workspace.add<std::int64_t>(pieces.count);
  return {.run =
              [=](const KernelArguments& arguments) {
                const auto* p = arguments.input<float>(0);
                const auto* t = arguments.input<Target>(1);
                auto* count = counts.in(arguments.workspace);
                pieces.run([=](std::int64_t piece, std::int64_t first,
                               std::int64_t last) {
                  std::int64_t found = 0;
                  for (std::int64_t row = first; row < last; ++row) {
                    const std::int64_t target = t[row];
                    if (is_ignored(t[row]) || target < 0 || target >= classes) {
                      continue;
                    }
                    const float* here = p + row * classes;
                    const float mine = here[target];
                    const auto larger =
                        std::count_if(here, here + classes,
                                      [mine](float x) { return x > mine; });
                    found += larger < k ? 1 : 0;
                  }
                  count[piece] = found;
                });
                std::int64_t total = 0;
                for (std::int64_t i = 0; i < pieces.count; ++i) {
                  total += count[i];
                }
                *arguments.output<std::int64_t>(0) = total;
              },
          .workspace_bytes = workspace.bytes()};
}

}  // namespace

Kernel make(const graph::PredictedClass& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const std::int64_t channels = signature.inputs[0].shape.back();
  const Pieces pieces(rows_of(signature.inputs[0]), row_grain(channels));
  return {.run = [=](const KernelArguments& arguments) {
    const auto* p = arguments.input<float>(0);
    auto* result = arguments.output<std::int32_t>(0);
    pieces.run([=](std::int64_t, std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        const float* here = p + row * channels;
        const bool ignored =
            operation.ignore_zeros &&
            std::all_of(here, here + channels, [](float x) { return x == 0; });
        result[row] = ignored ? graph::kIgnoredLabel
                              : static_cast<std::int32_t>(predicted_class(
                                    here, channels, operation.threshold));
      }
    });
  }};
}

Kernel make(const graph::ConfusionMatrix& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  return with_target_type(signature.inputs[1].dtype, [&](auto type) {
    return confusion_matrix<decltype(type)>(operation, signature);
  });
}

Kernel make(const graph::TopK& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  return with_target_type(signature.inputs[1].dtype, [&](auto type) {
    return top_k<decltype(type)>(operation, signature);
  });
}

}  // namespace lathe::cpu
