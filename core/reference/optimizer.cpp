#include <algorithm>
#include <array>
#include <cmath>

#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"
#include "core/reference/update_rules.h"

namespace lathe::reference {
namespace {

// One weight, the `weight`th, whose inputs start at `input`.
template <class T, class Operation>
void update(const Operation& operation, const KernelArguments& memory,
            std::size_t weight, std::size_t input, std::int64_t count) {
  const graph::UpdateOptions& options = operation.update;
  const std::int64_t steps = options.accumulation_steps;
  const double rate = memory.input<float>(1)[0];
  std::int64_t t = memory.input<std::int64_t>(0)[0] / steps + 1;
  if (!options.joined_after.empty()) t -= options.joined_after[weight];
  const auto rule = rule_of(operation);
  const double step = rule.step(rate, static_cast<double>(t));
  const bool decays =
      std::find(options.undecayed.begin(), options.undecayed.end(), weight) ==
      options.undecayed.end();
  T* w = memory.written<T>(input);
  T* gradient = memory.written<T>(input + 1);
  for (std::int64_t i = 0; i < count; ++i) {
    T g = gradient[i] / static_cast<T>(steps);
    if (options.scaled) g *= static_cast<T>(memory.input<float>(2)[weight]);
    if (options.clip_value > 0) {
      const auto limit = static_cast<T>(options.clip_value);
      g = std::clamp(g, -limit, limit);
    }
    if (decays) w[i] -= w[i] * static_cast<T>(options.weight_decay * rate);
    std::array<T, 3> kept{};
    for (std::size_t k = 0; k < operation.slots(); ++k) {
      kept[k] = memory.written<T>(input + 2 + k)[i];
    }
    w[i] = rule.rule(w[i], g, kept.data(), step);
    for (std::size_t k = 0; k < operation.slots(); ++k) {
      memory.written<T>(input + 2 + k)[i] = kept[k];
    }
    if (steps > 1) gradient[i] = 0;
  }
}

// Calls body(T{}, i, elements) for every `stride`th input i from `first` on,
// with T its type.
template <class F>
void for_inputs(const std::vector<TensorSpec>& specs, std::size_t first,
                std::size_t stride, F body) {
  for (std::size_t i = first; i < specs.size(); i += stride) {
    const std::int64_t count = specs[i].shape.elements();
    if (specs[i].dtype == DType::float32) {
      body(float{}, i, count);
    } else {
      body(double{}, i, count);
    }
  }
}

template <class Operation>
Kernel make_update(const Operation& operation, const Signature& signature) {
  return {.run = [operation,
                  specs = signature.inputs](const KernelArguments& memory) {
    const std::int64_t iteration = memory.input<std::int64_t>(0)[0];
    if ((iteration + 1) % operation.update.accumulation_steps != 0) return;
    const std::size_t first = operation.update.scaled ? 3 : 2;
    const std::size_t each = 2 + operation.slots();
    for_inputs(specs, first, each,
               [&](auto type, std::size_t i, std::int64_t count) {
                 update<decltype(type)>(operation, memory, (i - first) / each,
                                        i, count);
               });
  }};
}

}  // namespace

Kernel make(const graph::Adam& operation, const Signature& signature) {
  return make_update(operation, signature);
}

Kernel make(const graph::SGD& operation, const Signature& signature) {
  return make_update(operation, signature);
}

Kernel make(const graph::RMSprop& operation, const Signature& signature) {
  return make_update(operation, signature);
}

Kernel make(const graph::Lion& operation, const Signature& signature) {
  return make_update(operation, signature);
}

Kernel make(const graph::AccumulateGradients&, const Signature& signature) {
  return {.run = [specs = signature.inputs](const KernelArguments& memory) {
    for_inputs(specs, 0, 2, [&](auto type, std::size_t i, std::int64_t count) {
      using T = decltype(type);
      for (std::int64_t k = 0; k < count; ++k) {
        memory.written<T>(i + 1)[k] += memory.input<T>(i)[k];
      }
    });
  }};
}

Kernel make(const graph::GradientScales& operation,
            const Signature& signature) {
  return {.run = [operation,
                  specs = signature.inputs](const KernelArguments& memory) {
    std::vector<double> squares;
    double all = 0;
    for_inputs(specs, 0, 1, [&](auto type, std::size_t i, std::int64_t count) {
      double sum = 0;
      for (std::int64_t k = 0; k < count; ++k) {
        const double g = memory.input<decltype(type)>(i)[k];
        sum += g * g;
      }
      squares.push_back(sum);
      all += sum;
    });
    for (std::size_t i = 0; i < squares.size(); ++i) {
      const double norm = std::sqrt(operation.global ? all : squares[i]) /
                          static_cast<double>(operation.accumulation_steps);
      // NaN where the norm is infinite, as Keras' global norm.
      memory.output<float>(0)[i] = static_cast<float>(
          norm <= operation.limit ? 1 : operation.limit / norm + (norm - norm));
    }
  }};
}

Kernel make(const graph::WeightAverages& operation,
            const Signature& signature) {
  return {.run = [operation,
                  specs = signature.inputs](const KernelArguments& memory) {
    const bool started =
        memory.input<std::int64_t>(0)[0] >= operation.accumulation_steps;
    for_inputs(specs, 1, 2, [&](auto type, std::size_t i, std::int64_t count) {
      using T = decltype(type);
      const auto momentum = static_cast<T>(started ? operation.momentum : 0.0);
      for (std::int64_t k = 0; k < count; ++k) {
        T& average = memory.written<T>(i + 1)[k];
        average = momentum * average + (1 - momentum) * memory.input<T>(i)[k];
      }
    });
  }};
}

}  // namespace lathe::reference
