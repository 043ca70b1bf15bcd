#include "core/reference/dice.h"

#include <limits>
#include <span>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/cpu/targets.h"
#include "core/cpu/workspace.h"

namespace lathe::cpu {
namespace {

using reference::DiceSums;

struct Rows {
  explicit Rows(const Shape& shape)
      : classes(shape.back()),
        pieces(shape.elements() / classes, (kGrain + classes - 1) / classes) {}

  static constexpr std::int64_t kGrain = 8192;
  std::int64_t classes;
  Pieces pieces;
};

// Adds up the rows [first, last); `overlaps` and `totals` have a number a
// class.
template <class Target>
double sum_rows(std::int64_t classes, const float* p, const Target* t,
                std::int64_t first, std::int64_t last, double* overlaps,
                double* totals) {
  std::fill_n(overlaps, classes, 0.0);
  std::fill_n(totals, classes, 0.0);
  std::int64_t counted = 0;
  for (std::int64_t row = first; row < last; ++row) {
    if (is_ignored(t[row])) continue;
    ++counted;
    const float* here = p + row * classes;
    for (std::int64_t c = 0; c < classes; ++c) totals[c] += here[c];
    const std::int64_t place = reference::place_of(t[row], classes);
    if (reference::is_no_class(t[row], classes)) {
      overlaps[0] = std::numeric_limits<double>::quiet_NaN();
    } else if (place >= 0 && place < classes) {
      overlaps[place] += here[place];
      totals[place] += 1;
    }
  }
  return static_cast<double>(counted);
}

template <class Target>
Kernel dice(const graph::Dice& operation, const Rows& rows) {
  const std::int64_t classes = rows.classes;
  const Pieces pieces = rows.pieces;
  WorkspaceLayout workspace;
  const auto counts = workspace.add<double>(pieces.count);
  const auto overlaps = workspace.add<double>(pieces.count * classes);
  const auto totals = workspace.add<double>(pieces.count * classes);
  const auto sums = workspace.add<DiceSums>(classes);
  return {.run =
              [=, ranks = operation.ranks, per_class = operation.per_class](
                  const KernelArguments& arguments) {
                const auto* p = arguments.input<float>(0);
                const auto* t = arguments.input<Target>(1);
                double* count = counts.in(arguments.workspace);
                double* overlap = overlaps.in(arguments.workspace);
                double* total = totals.in(arguments.workspace);
                DiceSums* sum = sums.in(arguments.workspace);
                pieces.run([=](std::int64_t piece, std::int64_t first,
                               std::int64_t last) {
                  count[piece] = sum_rows(classes, p, t, first, last,
                                          overlap + piece * classes,
                                          total + piece * classes);
                });
                std::fill_n(sum, classes, DiceSums{});
                for (std::int64_t i = 0; i < pieces.count * classes; ++i) {
                  sum[i % classes] += {.overlap = overlap[i],
                                       .total = total[i],
                                       .counted = count[i / classes]};
                }
                if (ranks) {
                  ranks->all_reduce(std::span(
                      &sum->overlap, static_cast<std::size_t>(3 * classes)));
                }
                reference::write_dice(
                    sum, classes, per_class, ranks ? ranks->size() : 1,
                    arguments.output<float>(0), arguments.output<float>(1));
              },
          .workspace_bytes = workspace.bytes()};
}

template <class Target>
Kernel gradient(const Rows& rows) {
  const std::int64_t classes = rows.classes;
  return {.run = [=](const KernelArguments& arguments) {
    const float dloss = *arguments.input<float>(0);
    const auto* slopes = arguments.input<float>(1);
    const auto* t = arguments.input<Target>(2);
    auto* dp = arguments.output<float>(0);
    rows.pieces.run([=](std::int64_t, std::int64_t first, std::int64_t last) {
      for (std::int64_t row = first; row < last; ++row) {
        float* here = dp + row * classes;
        if (is_ignored(t[row]) || reference::is_no_class(t[row], classes)) {
          std::fill_n(here, classes, 0.0F);
          continue;
        }
        for (std::int64_t c = 0; c < classes; ++c) {
          here[c] = dloss * slopes[2 * c + 1];
        }
        const std::int64_t place = reference::place_of(t[row], classes);
        if (place >= 0 && place < classes) {
          here[place] = dloss * slopes[2 * place];
        }
      }
    });
  }};
}

}  // namespace

Kernel make(const graph::Dice& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(signature.inputs[0].shape);
  return with_target_type(signature.inputs[1].dtype, [&](auto type) {
    return dice<decltype(type)>(operation, rows);
  });
}

Kernel make(const graph::DiceGradient& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(operation.shape);
  return with_target_type(signature.inputs[2].dtype, [&](auto type) {
    return gradient<decltype(type)>(rows);
  });
}

}  // namespace lathe::cpu
