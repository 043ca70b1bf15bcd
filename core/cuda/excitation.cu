#include "core/cuda/divisor.h"
#include "core/cuda/for_each.h"
#include "core/cuda/kernels.h"
#include "core/cuda/warp.h"
#include "core/graph/operations/excitation.h"
#include "core/reference/activation.h"

// A block a sample, whose products are too small for more; what is summed over
// samples has a kernel of its own.
namespace lathe::cuda {
namespace {

using graph::ActivationKind;
using graph::excitation_extents;
using graph::ExcitationExtents;

/// store(m, sum m) of x w + bias, w being (inner, columns). Neighbouring
/// threads have neighbouring columns; where these are few, several threads
/// share one. `partial` is shared memory for a value a thread.
template <class Store>
__device__ void product(const float* x, std::int64_t inner, const float* w,
                        std::int64_t columns, const float* bias, float* partial,
                        Store store) {
  for (std::int64_t first = 0; first < columns; first += kThreads) {
    const std::int64_t rest = columns - first;
    const auto width =
        static_cast<unsigned>(rest < kThreads ? rest : std::int64_t{kThreads});
    const unsigned sharing = kThreads / width;
    const unsigned share = threadIdx.x / width;
    const std::int64_t m = first + threadIdx.x % width;
    float sum = 0;
    if (share < sharing) {
      for (std::int64_t k = share; k < inner; k += sharing) {
        sum += x[k] * w[k * columns + m];
      }
    }
    partial[threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.x < width) {
      sum = bias[m];
      for (unsigned i = 0; i < sharing; ++i) {
        sum += partial[i * width + threadIdx.x];
      }
      store(m, sum);
    }
    __syncthreads();
  }
}

struct Forward {
  ExcitationExtents extents;
  ActivationKind hidden;
  ActivationKind outer;
  const float* x;
  const float* v;
  const float* b;
  const float* w;
  const float* c;
  float* y;
  float* z;
  float* h;
};

__global__ void __launch_bounds__(kThreads) excite(Forward all) {
  const std::int64_t n = blockIdx.x;
  const std::int64_t units = all.extents.hidden;
  const std::int64_t outputs = all.extents.outputs;
  float* const partial = &shared_memory<float>();
  float* const z = all.z + n * units;
  float* const h = all.h + n * units;
  float* const y = all.y + n * outputs;
  product(all.x + n * all.extents.inputs, all.extents.inputs, all.v, units,
          all.b, partial, [&](std::int64_t s, float sum) {
            z[s] = sum;
            h[s] = reference::activate(all.hidden, sum);
          });
  product(h, units, all.w, outputs, all.c, partial,
          [&](std::int64_t f, float sum) {
            y[f] = reference::activate(all.outer, sum);
          });
}

struct Backward {
  ExcitationExtents extents;
  ActivationKind hidden;
  ActivationKind outer;
  const float* dy;
  const float* x;
  const float* y;
  const float* z;
  const float* v;
  const float* w;
  float* dx;
  float* dv;
  float* db;
  float* dw;
  float* dc;
  // What flows into both sums of each sample, and f of the first.
  float* into_outer;
  float* into_inner;
  float* h;
};

__global__ void __launch_bounds__(kThreads) flow_back(Backward all) {
  const std::int64_t n = blockIdx.x;
  const auto [samples, inputs, units, outputs] = all.extents;
  float* const outer = all.into_outer + n * outputs;
  float* const inner = all.into_inner + n * units;
  for (std::int64_t f = threadIdx.x; f < outputs; f += kThreads) {
    const std::int64_t i = n * outputs + f;
    outer[f] = all.dy[i] * reference::slope(all.outer, all.y[i]);
  }
  __syncthreads();
  // A warp a sum, whose weights are neighbours.
  for (std::int64_t s = threadIdx.x / 32; s < units; s += kThreads / 32) {
    float sum = 0;
    for (std::int64_t f = threadIdx.x % 32; f < outputs; f += 32) {
      sum += outer[f] * all.w[s * outputs + f];
    }
    sum = warp_reduce(sum, Plus{});
    if (threadIdx.x % 32 != 0) continue;
    const float z = all.z[n * units + s];
    inner[s] = sum * reference::slope_at(all.hidden, z);
    all.h[n * units + s] = reference::activate(all.hidden, z);
  }
  __syncthreads();
  for (std::int64_t c = threadIdx.x; c < inputs; c += kThreads) {
    float sum = 0;
    for (std::int64_t s = 0; s < units; ++s) {
      sum += inner[s] * all.v[c * units + s];
    }
    all.dx[n * inputs + c] = sum;
  }
}

/// A thread an element of dv, dw, db and dc, one after the other.
struct SumSamples {
  Backward all;

  __device__ float product(const float* a, std::int64_t a_row, const float* b,
                           std::int64_t b_row) const {
    float sum = 0;
    for (std::int64_t n = 0; n < all.extents.samples; ++n) {
      sum += a[n * a_row] * b[n * b_row];
    }
    return sum;
  }

  __device__ float total(const float* a, std::int64_t row) const {
    float sum = 0;
    for (std::int64_t n = 0; n < all.extents.samples; ++n) sum += a[n * row];
    return sum;
  }

  __device__ void operator()(std::int64_t i) const {
    const auto [samples, inputs, units, outputs] = all.extents;
    if (i < inputs * units) {
      all.dv[i] =
          product(all.x + i / units, inputs, all.into_inner + i % units, units);
      return;
    }
    i -= inputs * units;
    if (i < units * outputs) {
      all.dw[i] = product(all.h + i / outputs, units,
                          all.into_outer + i % outputs, outputs);
      return;
    }
    i -= units * outputs;
    if (i < units) {
      all.db[i] = total(all.into_inner + i, units);
    } else {
      all.dc[i - units] = total(all.into_outer + (i - units), outputs);
    }
  }
};

}  // namespace

Kernel make(const graph::Excitation& operation, const Signature& signature) {
  const auto& in = signature.inputs;
  require_float32(operation.kName, in[0]);
  const auto extents = excitation_extents(in[0], in[1], in[3]);
  return {.run =
              [operation, extents](const KernelArguments& call) {
                launch(call,
                       {.blocks = static_cast<unsigned>(extents.samples),
                        .shared_bytes = kThreads * sizeof(float)},
                       excite,
                       Forward{.extents = extents,
                               .hidden = operation.hidden,
                               .outer = operation.activation,
                               .x = call.input<float>(0),
                               .v = call.input<float>(1),
                               .b = call.input<float>(2),
                               .w = call.input<float>(3),
                               .c = call.input<float>(4),
                               .y = call.output<float>(0),
                               .z = call.output<float>(1),
                               .h = static_cast<float*>(call.workspace)});
              },
          .workspace_bytes =
              static_cast<std::size_t>(extents.samples * extents.hidden) *
              sizeof(float)};
}

Kernel make(const graph::ExcitationGradient& operation,
            const Signature& signature) {
  const auto& in = signature.inputs;
  require_float32(operation.kName, in[1]);
  const auto extents = excitation_extents(in[1], in[4], in[5]);
  const std::int64_t outer = extents.samples * extents.outputs;
  const std::int64_t inner = extents.samples * extents.hidden;
  return {.run =
              [=](const KernelArguments& call) {
                auto* const room = static_cast<float*>(call.workspace);
                const Backward all{.extents = extents,
                                   .hidden = operation.hidden,
                                   .outer = operation.activation,
                                   .dy = call.input<float>(0),
                                   .x = call.input<float>(1),
                                   .y = call.input<float>(2),
                                   .z = call.input<float>(3),
                                   .v = call.input<float>(4),
                                   .w = call.input<float>(5),
                                   .dx = call.output<float>(0),
                                   .dv = call.output<float>(1),
                                   .db = call.output<float>(2),
                                   .dw = call.output<float>(3),
                                   .dc = call.output<float>(4),
                                   .into_outer = room,
                                   .into_inner = room + outer,
                                   .h = room + outer + inner};
                launch(call, {.blocks = static_cast<unsigned>(extents.samples)},
                       flow_back, all);
                for_each(
                    call,
                    extents.hidden * (extents.inputs + extents.outputs + 1) +
                        extents.outputs,
                    SumSamples{all});
              },
          .workspace_bytes =
              static_cast<std::size_t>(outer + 2 * inner) * sizeof(float)};
}

}  // namespace lathe::cuda
