#include <array>
#include <cmath>

#include "core/reference/activation.h"
#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

// A channel of (rows, channels): its elements, from first in strides.
struct Channel {
  std::int64_t first = 0;
  std::int64_t rows = 0;
  std::int64_t stride = 1;

  template <class Visit>
  void for_each(Visit visit) const {
    for (std::int64_t row = 0; row < rows; ++row) visit(first + row * stride);
  }
};

template <class Visit>
void for_each_channel(const Shape& shape, Visit visit) {
  const std::int64_t channels = shape.back();
  const std::int64_t rows = shape.elements() / channels;
  for (std::int64_t c = 0; c < channels; ++c) {
    visit(c, Channel{.first = c, .rows = rows, .stride = channels});
  }
}

// The sums of a channel, a call, over ranks where there are some.
std::array<double, 2> total(const std::shared_ptr<Communicator>& ranks,
                            std::array<double, 2> sums) {
  if (ranks) ranks->all_reduce(sums);
  return sums;
}

// y = f(gamma (x - mean) / sqrt(variance + epsilon) + beta [+ r]).
template <class T>
void normalize(const Channel& channel, const T* x, const T* r, T* y,
               double gamma, double beta, double mean, double deviation,
               graph::ActivationKind activation) {
  channel.for_each([&](std::int64_t i) {
    const double sum = gamma * (x[i] - mean) / deviation + beta +
                       (r == nullptr ? 0 : static_cast<double>(r[i]));
    y[i] = static_cast<T>(activate(activation, sum));
  });
}

template <class T>
Kernel batch(const graph::BatchNormalization& operation,
             const Signature& signature) {
  const Shape shape = signature.inputs[0].shape;
  return {.run = [=](const KernelArguments& memory) {
    const T* x = memory.input<T>(0);
    for_each_channel(shape, [&](std::int64_t c, const Channel& channel) {
      double mean = 0;
      channel.for_each([&](std::int64_t i) { mean += x[i]; });
      const auto [sum, n] =
          total(operation.ranks, {mean, static_cast<double>(channel.rows)});
      mean = sum / n;
      double variance = 0;
      channel.for_each(
          [&](std::int64_t i) { variance += (x[i] - mean) * (x[i] - mean); });
      variance = total(operation.ranks, {variance, 0})[0] / n;
      memory.output<T>(1)[c] = static_cast<T>(mean);
      memory.output<T>(2)[c] = static_cast<T>(variance);
      // To the bit what a FixedNormalization with them computes.
      normalize(channel, x, operation.residual ? memory.input<T>(3) : nullptr,
                memory.output<T>(0), memory.input<T>(1)[c],
                memory.input<T>(2)[c], memory.output<T>(1)[c],
                std::sqrt(memory.output<T>(2)[c] + operation.epsilon),
                operation.activation);
    });
  }};
}

// With z = (x - mean) / deviation and g what flows into gamma z + beta [+ r]:
//   dbeta = sum g, dgamma = sum g z, dr = g,
//   dx = gamma / deviation (g - dbeta / n - z dgamma / n).
template <class T>
Kernel batch_gradient(const graph::BatchNormalizationGradient& operation,
                      const Signature& signature) {
  const Shape shape = signature.inputs[0].shape;
  return {.run = [=](const KernelArguments& memory) {
    const T* dy = memory.input<T>(0);
    const T* x = memory.input<T>(1);
    const T* r = operation.residual ? memory.input<T>(6) : nullptr;
    T* dr = operation.residual ? memory.output<T>(3) : nullptr;
    for_each_channel(shape, [&](std::int64_t c, const Channel& channel) {
      const double gamma = memory.input<T>(2)[c];
      const double beta = memory.input<T>(3)[c];
      const double mean = memory.input<T>(4)[c];
      const double deviation =
          std::sqrt(memory.input<T>(5)[c] + operation.epsilon);
      const auto z = [&](std::int64_t i) { return (x[i] - mean) / deviation; };
      const auto g = [&](std::int64_t i) {
        const double sum = gamma * z(i) + beta +
                           (r == nullptr ? 0 : static_cast<double>(r[i]));
        return dy[i] * slope_at(operation.activation, sum);
      };
      double dgamma = 0;
      double dbeta = 0;
      channel.for_each([&](std::int64_t i) {
        dgamma += g(i) * z(i);
        dbeta += g(i);
      });
      const auto all = total(operation.ranks, {dgamma, dbeta});
      const double all_dgamma = all[0];
      const double all_dbeta = all[1];
      const double n = static_cast<double>(channel.rows) *
                       (operation.ranks ? operation.ranks->size() : 1);
      channel.for_each([&](std::int64_t i) {
        const double flowing = g(i);
        // dx may be the memory of dy.
        memory.output<T>(0)[i] =
            static_cast<T>(gamma / deviation *
                           (flowing - all_dbeta / n - z(i) * all_dgamma / n));
        if (dr != nullptr) dr[i] = static_cast<T>(flowing);
      });
      memory.output<T>(1)[c] = static_cast<T>(dgamma);
      memory.output<T>(2)[c] = static_cast<T>(dbeta);
    });
  }};
}

template <class T>
Kernel fixed(const graph::FixedNormalization& operation,
             const Signature& signature) {
  const Shape shape = signature.inputs[0].shape;
  return {.run = [=](const KernelArguments& memory) {
    for_each_channel(shape, [&](std::int64_t c, const Channel& channel) {
      normalize(channel, memory.input<T>(0),
                operation.residual ? memory.input<T>(5) : nullptr,
                memory.output<T>(0), memory.input<T>(1)[c],
                memory.input<T>(2)[c], memory.input<T>(3)[c],
                std::sqrt(memory.input<T>(4)[c] + operation.epsilon),
                operation.activation);
    });
  }};
}

template <class T>
Kernel fixed_gradient(const graph::FixedNormalizationGradient& operation,
                      const Signature& signature) {
  const Shape shape = signature.inputs[0].shape;
  return {.run = [=](const KernelArguments& memory) {
    const T* dy = memory.input<T>(0);
    const T* x = memory.input<T>(1);
    for_each_channel(shape, [&](std::int64_t c, const Channel& channel) {
      const double gamma = memory.input<T>(2)[c];
      const double mean = memory.input<T>(3)[c];
      const double deviation =
          std::sqrt(memory.input<T>(4)[c] + operation.epsilon);
      double dgamma = 0;
      double dbeta = 0;
      channel.for_each([&](std::int64_t i) {
        dgamma += dy[i] * (x[i] - mean) / deviation;
        dbeta += dy[i];
        memory.output<T>(0)[i] = static_cast<T>(dy[i] * gamma / deviation);
      });
      memory.output<T>(1)[c] = static_cast<T>(dgamma);
      memory.output<T>(2)[c] = static_cast<T>(dbeta);
    });
  }};
}

}  // namespace

Kernel make(const graph::BatchNormalization& operation,
            const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return batch<decltype(type)>(operation, signature);
  });
}

Kernel make(const graph::BatchNormalizationGradient& operation,
            const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return batch_gradient<decltype(type)>(operation, signature);
  });
}

Kernel make(const graph::FixedNormalization& operation,
            const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return fixed<decltype(type)>(operation, signature);
  });
}

Kernel make(const graph::FixedNormalizationGradient& operation,
            const Signature& signature) {
  return dispatch(operation.kName, signature.inputs[0].dtype, [&](auto type) {
    return fixed_gradient<decltype(type)>(operation, signature);
  });
}

Kernel make(const graph::NormalizedWeights& operation,
            const Signature& signature) {
  const std::int64_t elements = signature.inputs[0].shape.elements();
  const std::int64_t channels = signature.outputs[1].shape[0];
  const bool has_bias = signature.inputs.size() == 6;
  return dispatch(
      operation.kName, signature.inputs[0].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [=](const KernelArguments& memory) {
          const auto scale = [&](std::int64_t c) {
            return memory.input<T>(1)[c] /
                   std::sqrt(memory.input<T>(4)[c] + operation.epsilon);
          };
          for (std::int64_t i = 0; i < elements; ++i) {
            const std::int64_t c = i / operation.inner % channels;
            memory.output<T>(0)[i] =
                static_cast<T>(memory.input<T>(0)[i] * scale(c));
          }
          for (std::int64_t c = 0; c < channels; ++c) {
            const double bias = has_bias ? memory.input<T>(5)[c] : T{0};
            memory.output<T>(1)[c] =
                static_cast<T>((bias - memory.input<T>(3)[c]) * scale(c) +
                               memory.input<T>(2)[c]);
          }
        }};
      });
}

Kernel make(const graph::MovingStatistics& operation,
            const Signature& signature) {
  return dispatch(
      operation.kName, signature.inputs[1].dtype, [&](auto type) -> Kernel {
        using T = decltype(type);
        return {.run = [operation, inputs = signature.inputs](
                           const KernelArguments& memory) {
          const double rate = operation.rate(memory.input<std::int64_t>(0)[0]);
          for (std::size_t i = 1; i < inputs.size(); i += 2) {
            T* moving = memory.written<T>(i);
            const T* batch_value = memory.input<T>(i + 1);
            for (std::int64_t c = 0; c < inputs[i].shape[0]; ++c) {
              moving[c] += static_cast<T>(rate * (batch_value[c] - moving[c]));
            }
          }
        }};
      });
}

}  // namespace lathe::reference
