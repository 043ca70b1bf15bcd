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

/// Of a block, which has a multiprocessor to itself: few samples keep few of
/// them busy, each of which has to ask for many weights at once.
constexpr unsigned kSampleThreads = 1024;
/// What a thread asks for before it waits.
constexpr unsigned kAtOnce = 8;

/// The sum of term(k) for k = first, first + step ... below `count`.
template <class Term>
__device__ float sum_of(unsigned first, unsigned count, unsigned step,
                        Term term) {
  float sum = 0;
  for (unsigned k = first; k < count; k += kAtOnce * step) {
    float terms[kAtOnce];
    for (unsigned i = 0; i < kAtOnce; ++i) {
      terms[i] = term(std::min(k + i * step, count - 1));
    }
    for (unsigned i = 0; i < kAtOnce; ++i) {
      if (k + i * step < count) sum += terms[i];
    }
  }
  return sum;
}

/// store(m, sum m) of x w + bias, w being (inner, columns). Neighbouring
/// threads have neighbouring columns; where these are few, several threads
/// share one. `partial` is shared memory for a value a thread, x shared, too.
template <class Store>
__device__ void product(const float* x, unsigned inner, const float* w,
                        unsigned columns, const float* bias, float* partial,
                        Store store) {
  for (unsigned first = 0; first < columns; first += kSampleThreads) {
    const unsigned width = std::min(columns - first, unsigned{kSampleThreads});
    const unsigned most = (inner + kAtOnce - 1) / kAtOnce;
    const unsigned sharing = std::min(kSampleThreads / width, most);
    const unsigned share = threadIdx.x / width;
    const unsigned m = first + threadIdx.x % width;
    float sum = share == 0 ? bias[m] : 0.0F;
    if (share < sharing) {
      sum += sum_of(share, inner, sharing,
                    [=](unsigned k) { return x[k] * w[k * columns + m]; });
    }
    partial[threadIdx.x] = sum;
    for (unsigned lines = sharing; lines > 1;) {
      const unsigned half = (lines + 1) / 2;
      __syncthreads();
      if (share + half < lines) {
        sum += partial[threadIdx.x + half * width];
        partial[threadIdx.x] = sum;
      }
      lines = half;
    }
    if (share == 0) store(m, sum);
    __syncthreads();
  }
}

/// store(row, sum of x[k] w[row, k]), w being (rows, columns), whose rows have
/// kLanes neighbouring threads each.
template <unsigned kLanes, class Store>
__device__ void transposed_product(const float* x, const float* w,
                                   unsigned rows, unsigned columns,
                                   Store store) {
  const unsigned lane = threadIdx.x % kLanes;
  for (unsigned first = 0; first < rows; first += kSampleThreads / kLanes) {
    const unsigned row = first + threadIdx.x / kLanes;
    float sum = 0;
    if (row < rows) {
      sum = sum_of(lane, columns, kLanes,
                   [=](unsigned k) { return x[k] * w[row * columns + k]; });
    }
    sum = warp_reduce(sum, Plus{}, kLanes);
    if (row < rows && lane == 0) store(row, sum);
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
};

__global__ void __launch_bounds__(kSampleThreads, 1) excite(Forward all) {
  const std::int64_t n = blockIdx.x;
  const auto inputs = static_cast<unsigned>(all.extents.inputs);
  const auto units = static_cast<unsigned>(all.extents.hidden);
  const auto outputs = static_cast<unsigned>(all.extents.outputs);
  float* const partial = &shared_memory<float>();
  float* const x = partial + kSampleThreads;
  float* const h = x + inputs;
  wait_for_earlier_kernels();
  for (unsigned c = threadIdx.x; c < inputs; c += kSampleThreads) {
    x[c] = all.x[n * inputs + c];
  }
  __syncthreads();
  product(x, inputs, all.v, units, all.b, partial, [&](unsigned s, float sum) {
    all.z[n * units + s] = sum;
    h[s] = reference::activate(all.hidden, sum);
  });
  product(h, units, all.w, outputs, all.c, partial, [&](unsigned f, float sum) {
    all.y[n * outputs + f] = reference::activate(all.outer, sum);
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

__global__ void __launch_bounds__(kSampleThreads, 1) flow_back(Backward all) {
  const std::int64_t n = blockIdx.x;
  const auto inputs = static_cast<unsigned>(all.extents.inputs);
  const auto units = static_cast<unsigned>(all.extents.hidden);
  const auto outputs = static_cast<unsigned>(all.extents.outputs);
  float* const outer = &shared_memory<float>();
  float* const inner = outer + outputs;
  wait_for_earlier_kernels();
  for (unsigned f = threadIdx.x; f < outputs; f += kSampleThreads) {
    const std::int64_t i = n * outputs + f;
    outer[f] = all.dy[i] * reference::slope(all.outer, all.y[i]);
    all.into_outer[i] = outer[f];
  }
  __syncthreads();
  transposed_product<32>(
      outer, all.w, units, outputs, [&](unsigned s, float sum) {
        const std::int64_t i = n * units + s;
        inner[s] = sum * reference::slope_at(all.hidden, all.z[i]);
        all.into_inner[i] = inner[s];
        all.h[i] = reference::activate(all.hidden, all.z[i]);
      });
  __syncthreads();
  // As many as read a sector of memory, for rows are short.
  transposed_product<8>(
      inner, all.v, inputs, units,
      [&](unsigned c, float sum) { all.dx[n * inputs + c] = sum; });
}

/// A thread an element of dv, dw, db and dc, one after the other.
struct SumSamples {
  Backward all;
  Divisor units;
  Divisor outputs;

  __device__ void operator()(std::uint32_t i) const {
    const auto sum = [&](auto term) {
      return sum_of(0, static_cast<unsigned>(all.extents.samples), 1, term);
    };
    const auto inputs = static_cast<unsigned>(all.extents.inputs);
    if (i < inputs * units.value()) {
      const unsigned c = units.quotient(i);
      const unsigned s = i - c * units.value();
      all.dv[i] = sum([&](unsigned n) {
        return all.x[n * inputs + c] * all.into_inner[n * units.value() + s];
      });
      return;
    }
    i -= inputs * units.value();
    if (i < units.value() * outputs.value()) {
      const unsigned s = outputs.quotient(i);
      const unsigned f = i - s * outputs.value();
      all.dw[i] = sum([&](unsigned n) {
        return all.h[n * units.value() + s] *
               all.into_outer[n * outputs.value() + f];
      });
      return;
    }
    i -= units.value() * outputs.value();
    const bool is_inner = i < units.value();
    const unsigned m = is_inner ? i : i - units.value();
    const unsigned row = is_inner ? units.value() : outputs.value();
    const float* const values = is_inner ? all.into_inner : all.into_outer;
    (is_inner ? all.db : all.dc)[m] =
        sum([&](unsigned n) { return values[n * row + m]; });
  }
};

/// Shared memory for `outer` channels, all hidden ones and `more`. Throws Error
/// where that is more than every device has.
std::size_t shared_bytes(std::int64_t outer, std::int64_t hidden,
                         std::int64_t more) {
  constexpr std::int64_t kMost = 48 * 1024 / sizeof(float);
  if (outer + hidden + more > kMost) {
    fail(graph::Excitation::kName, ": takes at most ", kMost - more,
         " channels and hidden units together on a GPU, not ", outer + hidden);
  }
  return static_cast<std::size_t>(outer + hidden + more) * sizeof(float);
}

}  // namespace

Kernel make(const graph::Excitation& operation, const Signature& signature) {
  const auto& in = signature.inputs;
  require_float32(operation.kName, in[0]);
  for (const TensorSpec& spec : in) require_index(operation.kName, spec);
  const auto extents = excitation_extents(in[0], in[1], in[3]);
  const std::size_t shared =
      shared_bytes(extents.inputs, extents.hidden, kSampleThreads);
  return {.run = [=](const KernelArguments& call) {
    launch(call,
           {.blocks = static_cast<unsigned>(extents.samples),
            .threads = kSampleThreads,
            .shared_bytes = shared,
            .starts_early = true},
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
                   .z = call.output<float>(1)});
  }};
}

Kernel make(const graph::ExcitationGradient& operation,
            const Signature& signature) {
  const auto& in = signature.inputs;
  require_float32(operation.kName, in[1]);
  for (const TensorSpec& spec : in) require_index(operation.kName, spec);
  const auto extents = excitation_extents(in[1], in[4], in[5]);
  const std::size_t shared = shared_bytes(extents.outputs, extents.hidden, 0);
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
                launch(call,
                       {.blocks = static_cast<unsigned>(extents.samples),
                        .threads = kSampleThreads,
                        .shared_bytes = shared,
                        .starts_early = true},
                       flow_back, all);
                for_each(
                    call,
                    extents.hidden * (extents.inputs + extents.outputs + 1) +
                        extents.outputs,
                    SumSamples{.all = all,
                               .units = Divisor(extents.hidden),
                               .outputs = Divisor(extents.outputs)});
              },
          .workspace_bytes =
              static_cast<std::size_t>(outer + 2 * inner) * sizeof(float)};
}

}  // namespace lathe::cuda
