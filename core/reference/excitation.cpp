#include "core/graph/operations/excitation.h"

#include <algorithm>
#include <vector>

#include "core/reference/activation.h"
#include "core/reference/dispatch.h"
#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

using graph::excitation_extents;
using graph::ExcitationExtents;

// A row times a column of a matrix with so many columns, or times another row
// where that is 1.
template <class T>
T product(const T* row, const T* column, std::int64_t columns,
          std::int64_t count) {
  T sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += row[i] * column[i * columns];
  return sum;
}

template <class T>
Kernel excitation(const graph::Excitation& operation,
                  const ExcitationExtents& extents) {
  return {.run = [operation, extents](const KernelArguments& memory) {
    const auto [samples, inputs, hidden, outputs] = extents;
    std::vector<T> h(static_cast<std::size_t>(hidden));
    for (std::int64_t n = 0; n < samples; ++n) {
      const T* x = memory.input<T>(0) + n * inputs;
      T* y = memory.output<T>(0) + n * outputs;
      T* z = memory.output<T>(1) + n * hidden;
      for (std::int64_t s = 0; s < hidden; ++s) {
        z[s] = memory.input<T>(2)[s] +
               product(x, memory.input<T>(1) + s, hidden, inputs);
        h[static_cast<std::size_t>(s)] = activate(operation.hidden, z[s]);
      }
      for (std::int64_t f = 0; f < outputs; ++f) {
        y[f] = activate(
            operation.activation,
            memory.input<T>(4)[f] +
                product(h.data(), memory.input<T>(3) + f, outputs, hidden));
      }
    }
  }};
}

template <class T>
Kernel excitation_gradient(const graph::ExcitationGradient& operation,
                           const ExcitationExtents& extents) {
  return {.run = [operation, extents](const KernelArguments& memory) {
    const auto [samples, inputs, hidden, outputs] = extents;
    const T* v = memory.input<T>(4);
    const T* w = memory.input<T>(5);
    std::fill_n(memory.output<T>(1), inputs * hidden, T{0});
    std::fill_n(memory.output<T>(2), hidden, T{0});
    std::fill_n(memory.output<T>(3), hidden * outputs, T{0});
    std::fill_n(memory.output<T>(4), outputs, T{0});
    std::vector<T> outer(static_cast<std::size_t>(outputs));
    for (std::int64_t n = 0; n < samples; ++n) {
      const T* dy = memory.input<T>(0) + n * outputs;
      const T* x = memory.input<T>(1) + n * inputs;
      const T* y = memory.input<T>(2) + n * outputs;
      const T* z = memory.input<T>(3) + n * hidden;
      T* dx = memory.output<T>(0) + n * inputs;
      std::fill_n(dx, inputs, T{0});
      for (std::int64_t f = 0; f < outputs; ++f) {
        outer[static_cast<std::size_t>(f)] =
            dy[f] * slope(operation.activation, y[f]);
        memory.output<T>(4)[f] += outer[static_cast<std::size_t>(f)];
      }
      for (std::int64_t s = 0; s < hidden; ++s) {
        const T h = activate(operation.hidden, z[s]);
        const T inner = slope_at(operation.hidden, z[s]) *
                        product(outer.data(), w + s * outputs, 1, outputs);
        memory.output<T>(2)[s] += inner;
        for (std::int64_t f = 0; f < outputs; ++f) {
          memory.output<T>(3)[s * outputs + f] +=
              h * outer[static_cast<std::size_t>(f)];
        }
        for (std::int64_t c = 0; c < inputs; ++c) {
          dx[c] += inner * v[c * hidden + s];
          memory.output<T>(1)[c * hidden + s] += inner * x[c];
        }
      }
    }
  }};
}

}  // namespace

Kernel make(const graph::Excitation& operation, const Signature& signature) {
  const auto& in = signature.inputs;
  return dispatch(operation.kName, in[0].dtype, [&](auto type) {
    return excitation<decltype(type)>(operation,
                                      excitation_extents(in[0], in[1], in[3]));
  });
}

Kernel make(const graph::ExcitationGradient& operation,
            const Signature& signature) {
  const auto& in = signature.inputs;
  return dispatch(operation.kName, in[1].dtype, [&](auto type) {
    return excitation_gradient<decltype(type)>(
        operation, excitation_extents(in[1], in[4], in[5]));
  });
}

}  // namespace lathe::reference
