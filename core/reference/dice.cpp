#include "core/reference/dice.h"

#include <limits>
#include <span>
#include <vector>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"
#include "core/reference/targets.h"

namespace lathe::reference {

Kernel make(const graph::Dice& operation, const Signature& signature) {
  const std::int64_t classes = signature.inputs[0].shape.back();
  const std::int64_t rows = signature.inputs[0].shape.elements() / classes;
  const DType target_type = signature.inputs[1].dtype;
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const Targets targets(memory, 1, target_type);
          const T* p = memory.input<T>(0);
          std::vector<DiceSums> sums(static_cast<std::size_t>(classes));
          for (std::int64_t row = 0; row < rows; ++row) {
            if (targets.ignored(row)) continue;
            const std::int64_t id = targets[row];
            for (std::int64_t c = 0; c < classes; ++c) {
              const double q = p[row * classes + c];
              const bool is = c == place_of(id, classes);
              const bool wrong = is_no_class(id, classes);
              sums[static_cast<std::size_t>(c)] +=
                  {.overlap = wrong ? std::numeric_limits<double>::quiet_NaN()
                              : is  ? q
                                    : 0,
                   .total = q + (is ? 1 : 0),
                   .counted = 1};
            }
          }
          const auto& ranks = operation.ranks;
          if (ranks) {
            ranks->all_reduce(std::span(&sums[0].overlap, 3 * sums.size()));
          }
          write_dice(sums.data(), classes, operation.per_class,
                     ranks ? ranks->size() : 1, memory.output<T>(0),
                     memory.output<T>(1));
        }};
      });
}

Kernel make(const graph::DiceGradient& operation, const Signature& signature) {
  const std::int64_t classes = operation.shape.back();
  const std::int64_t rows = operation.shape.elements() / classes;
  const DType target_type = signature.inputs[2].dtype;
  return dispatch(operation.kName, signature.inputs[0].dtype,
                  [&](auto type) -> Kernel {
                    using T = decltype(type);
                    return {.run = [=](const KernelArguments& memory) {
                      const Targets targets(memory, 2, target_type);
                      const T dloss = memory.input<T>(0)[0];
                      const T* slopes = memory.input<T>(1);
                      for (std::int64_t row = 0; row < rows; ++row) {
                        const std::int64_t id = targets[row];
                        const bool flows =
                            !targets.ignored(row) && !is_no_class(id, classes);
                        for (std::int64_t c = 0; c < classes; ++c) {
                          const bool is = c == place_of(id, classes);
                          memory.output<T>(0)[row * classes + c] =
                              flows ? dloss * slopes[2 * c + (is ? 0 : 1)] : 0;
                        }
                      }
                    }};
                  });
}

}  // namespace lathe::reference
