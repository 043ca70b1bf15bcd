#include "core/graph/operations/excitation.h"

#include "core/cpu/activate_rows.h"
#include "core/cpu/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/excitation.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

using graph::excitation_extents;
using graph::ExcitationExtents;

/// Rows of some length, one after the other.
struct Rows {
  const float* values;
  std::int64_t length;

  const float* operator[](std::int64_t i) const { return values + i * length; }
};

/// Samples whose sums are taken together, so that weights are read once for
/// them and no sum waits for itself.
constexpr std::int64_t kTogether = 4;

/// Calls body(first, std::integral_constant of how many) for samples in groups,
/// on all threads.
template <class F>
void for_samples(std::int64_t samples, F body) {
  parallel_tasks(
      (samples + kTogether - 1) / kTogether, [=](std::int64_t group) HWY_ATTR {
        const std::int64_t first = group * kTogether;
        if (first + kTogether <= samples) {
          body(first, std::integral_constant<std::int64_t, kTogether>());
          return;
        }
        for (std::int64_t n = first; n < samples; ++n) {
          body(n, std::integral_constant<std::int64_t, 1>());
        }
      });
}

/// y = x w + bias, a row of x and y a sample.
template <std::int64_t kSamples>
void product(Rows x, Rows w, const float* bias, float* y) {
  for_vectors(0, w.length, [=](auto lanes, std::int64_t m) HWY_ATTR {
    Vector sums[kSamples];
    for (Vector& sum : sums) sum = lanes.load(bias + m);
    for (std::int64_t k = 0; k < x.length; ++k) {
      const Vector weights = lanes.load(w[k] + m);
      for (std::int64_t n = 0; n < kSamples; ++n) {
        sums[n] = hn::MulAdd(all(x[n][k]), weights, sums[n]);
      }
    }
    for (std::int64_t n = 0; n < kSamples; ++n) {
      lanes.store(sums[n], y + n * w.length + m);
    }
  });
}

/// dx = dy w', for `count` rows of w.
template <std::int64_t kSamples>
void transposed_product(Rows dy, Rows w, std::int64_t count, float* dx) {
  for (std::int64_t k = 0; k < count; ++k) {
    Vector sums[kSamples];
    for (Vector& sum : sums) sum = all(0);
    for_vectors(0, w.length, [&](auto lanes, std::int64_t m) HWY_ATTR {
      const Vector weights = lanes.load(w[k] + m);
      for (std::int64_t n = 0; n < kSamples; ++n) {
        sums[n] = hn::MulAdd(lanes.load(dy[n] + m), weights, sums[n]);
      }
    });
    for (std::int64_t n = 0; n < kSamples; ++n) {
      dx[n * count + k] = hn::GetLane(hn::SumOfLanes(Floats(), sums[n]));
    }
  }
}

/// dw = x'dy.
void outer_product(Rows x, Rows dy, std::int64_t samples, float* dw) {
  constexpr std::int64_t kGrain = 65536;
  const std::int64_t grain = kGrain / (samples * dy.length + 1) + 1;
  parallel_ranges(
      x.length, grain, [=](std::int64_t begin, std::int64_t end) HWY_ATTR {
        for (std::int64_t k = begin; k < end; ++k) {
          for_vectors(0, dy.length, [&](auto lanes, std::int64_t m) HWY_ATTR {
            Vector sum = all(0);
            for (std::int64_t n = 0; n < samples; ++n) {
              sum = hn::MulAdd(all(x[n][k]), lanes.load(dy[n] + m), sum);
            }
            lanes.store(sum, dw + k * dy.length + m);
          });
        }
      });
}

/// The sum of all rows.
void sum_rows(Rows rows, std::int64_t samples, float* sums) {
  for_vectors(0, rows.length, [=](auto lanes, std::int64_t m) HWY_ATTR {
    Vector sum = all(0);
    for (std::int64_t n = 0; n < samples; ++n) {
      sum = hn::Add(sum, lanes.load(rows[n] + m));
    }
    lanes.store(sum, sums + m);
  });
}

/// g = g f', `count` values, by what is known of each: f's argument or result.
using Slopes = void (*)(const float* known, float* g, std::int64_t count);

template <ActivationKind kKind>
void slopes_of_argument(const float* known, float* g, std::int64_t count) {
  for_vectors(0, count, [=](auto lanes, std::int64_t i) HWY_ATTR {
    lanes.store(
        activation_gradient_at<kKind>(lanes.load(g + i), lanes.load(known + i)),
        g + i);
  });
}

template <ActivationKind kKind>
void slopes_of_result(const float* known, float* g, std::int64_t count) {
  for_vectors(0, count, [=](auto lanes, std::int64_t i) HWY_ATTR {
    lanes.store(
        activation_gradient<kKind>(lanes.load(g + i), lanes.load(known + i)),
        g + i);
  });
}

struct Forward {
  ExcitationExtents extents;
  Activate hidden;
  Activate outer;

  void operator()(const KernelArguments& call) const {
    for_samples(extents.samples, [=, this](std::int64_t first, auto group)
                                     HWY_ATTR { run<group()>(call, first); });
  }

  template <std::int64_t kSamples>
  void run(const KernelArguments& call, std::int64_t first) const {
    const auto [samples, inputs, units, outputs] = extents;
    float* const y = call.output<float>(0) + first * outputs;
    float* const z = call.output<float>(1) + first * units;
    float* const h = static_cast<float*>(call.workspace) + first * units;
    product<kSamples>({call.input<float>(0) + first * inputs, inputs},
                      {call.input<float>(1), units}, call.input<float>(2), z);
    hidden(z, h, kSamples * units);
    product<kSamples>({h, units}, {call.input<float>(3), outputs},
                      call.input<float>(4), y);
    outer(y, y, kSamples * outputs);
  }
};

struct Backward {
  ExcitationExtents extents;
  Activate hidden;
  Slopes hidden_slopes;
  Slopes outer_slopes;

  /// What flows into both sums of each sample, and f of the first.
  struct Flows {
    float* outer;
    float* inner;
    float* h;
  };

  void operator()(const KernelArguments& call) const {
    auto* const room = static_cast<float*>(call.workspace);
    const std::int64_t inner = extents.samples * extents.outputs;
    const std::int64_t h = inner + extents.samples * extents.hidden;
    const Flows flows{.outer = room, .inner = room + inner, .h = room + h};
    for_samples(extents.samples,
                [=, this](std::int64_t first, auto group)
                    HWY_ATTR { run<group()>(call, flows, first); });
    run_weights(call, flows);
  }

  std::size_t workspace_bytes() const {
    return sizeof(float) *
           static_cast<std::size_t>(extents.samples *
                                    (extents.outputs + 2 * extents.hidden));
  }

  template <std::int64_t kSamples>
  void run(const KernelArguments& call, const Flows& flows,
           std::int64_t first) const {
    const auto [samples, inputs, units, outputs] = extents;
    float* const outer = flows.outer + first * outputs;
    float* const inner = flows.inner + first * units;
    const float* const z = call.input<float>(3) + first * units;
    std::copy_n(call.input<float>(0) + first * outputs, kSamples * outputs,
                outer);
    outer_slopes(call.input<float>(2) + first * outputs, outer,
                 kSamples * outputs);
    transposed_product<kSamples>({outer, outputs},
                                 {call.input<float>(5), outputs}, units, inner);
    hidden_slopes(z, inner, kSamples * units);
    hidden(z, flows.h + first * units, kSamples * units);
    transposed_product<kSamples>({inner, units}, {call.input<float>(4), units},
                                 inputs,
                                 call.output<float>(0) + first * inputs);
  }

  void run_weights(const KernelArguments& call, const Flows& flows) const {
    const auto [samples, inputs, units, outputs] = extents;
    const Rows outer{flows.outer, outputs};
    const Rows inner{flows.inner, units};
    outer_product({call.input<float>(1), inputs}, inner, samples,
                  call.output<float>(1));
    sum_rows(inner, samples, call.output<float>(2));
    outer_product({flows.h, units}, outer, samples, call.output<float>(3));
    sum_rows(outer, samples, call.output<float>(4));
  }
};

Kernel make_excitation(const graph::Excitation& operation,
                       const Signature& signature) {
  const auto& in = signature.inputs;
  require_float32(operation.kName, in[0]);
  const auto extents = excitation_extents(in[0], in[1], in[3]);
  return {
      .run = Forward{.extents = extents,
                     .hidden = activate_rows(operation.hidden, in[0].dtype),
                     .outer = activate_rows(operation.activation, in[0].dtype)},
      .workspace_bytes =
          static_cast<std::size_t>(extents.samples * extents.hidden) *
          sizeof(float)};
}

Kernel make_excitation_gradient(const graph::ExcitationGradient& operation,
                                const Signature& signature) {
  const auto& in = signature.inputs;
  require_float32(operation.kName, in[1]);
  const Backward backward{
      .extents = excitation_extents(in[1], in[4], in[5]),
      .hidden = activate_rows(operation.hidden, in[1].dtype),
      .hidden_slopes = with_activation(
          operation.hidden,
          [](auto kind) -> Slopes { return slopes_of_argument<kind()>; }),
      .outer_slopes = with_activation(
          operation.activation,
          [](auto kind) -> Slopes { return slopes_of_result<kind()>; })};
  return {.run = backward, .workspace_bytes = backward.workspace_bytes()};
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(Excitation, make_excitation)
LATHE_CPU_KERNEL(ExcitationGradient, make_excitation_gradient)
}  // namespace lathe::cpu
#endif
