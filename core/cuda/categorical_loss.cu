#include "core/cuda/divisor.h"
#include "core/cuda/targets.h"
#include "core/reference/targets.h"

// A row is in the hands of some lanes. Sums in two stages and a fixed order; a
// gradient first counts the rows.
namespace lathe::cuda {
namespace {

using reference::kHighest;
using reference::kLowest;

// What a row is to be.
struct Truth {
  std::int64_t id = 0;
  bool counts = false;
  bool valid = false;
};

// Targets that are class ids.
template <class T, class Id>
struct IdTruths {
  Targets<Id> targets;

  static IdTruths of(const KernelArguments& call, std::size_t input) {
    return {{call.input<Id>(input)}};
  }

  __device__ Truth find(const Row& row) const {
    if (!row.exists()) return {};
    const std::int32_t id = targets.at(row.number);
    return {.id = id,
            .counts = !targets.ignored(row.number),
            .valid = id >= 0 && id < row.end};
  }
  __device__ T share(const Row&, const Truth& truth, std::int64_t c) const {
    return c == truth.id ? 1 : 0;
  }
};

// Targets that are distributions.
template <class T>
struct RowTruths {
  const T* rows;

  static RowTruths of(const KernelArguments& call, std::size_t input) {
    return {call.input<T>(input)};
  }

  __device__ Truth find(const Row& row) const {
    const T* t = rows + row.start;
    const int found = row.reduce(
        0, Plus{}, [&](std::int64_t c) { return t[c] != 0 ? 1 : 0; });
    return {.id = first_largest(row, t), .counts = found > 0, .valid = true};
  }
  __device__ T share(const Row& row, const Truth&, std::int64_t c) const {
    return rows[row.start + c];
  }
};

// A row of predictions and what both passes know of it.
template <class T, class Truths>
struct Prediction {
  const LossParameters& options;
  const Truths& truths;
  const Row& row;
  const T* p;
  Truth truth;
  T rest;  // that smoothing gives every class
  T largest = 0;
  T sum = 0;

  __device__ Prediction(const LossParameters& o, const Truths& t, const Row& r,
                        const T* values)
      : options(o),
        truths(t),
        row(r),
        p(values + r.start),
        truth(t.find(r)),
        rest(o.smoothing / static_cast<T>(r.end)) {
    if (options.from_logits) {
      largest = row.reduce(static_cast<T>(-INFINITY), Larger{},
                           [&](std::int64_t c) { return p[c]; });
    }
    sum = row.reduce(T{0}, Plus{}, [&](std::int64_t c) {
      return options.from_logits ? std::exp(p[c] - largest) : p[c];
    });
  }

  __device__ T share(std::int64_t c) const {
    return truths.share(row, truth, c) * (1 - options.smoothing) + rest;
  }
  __device__ T weight() const { return options.weight(truth.id); }

  __device__ T loss() const {
    if (options.from_logits) {
      const T log_sum = std::log(sum);
      return row.reduce(T{0}, Plus{}, [&](std::int64_t c) {
        return share(c) * ((largest - p[c]) + log_sum);
      });
    }
    return row.reduce(T{0}, Plus{}, [&](std::int64_t c) -> T {
      const T t = share(c);
      if (t == 0) return 0;
      const T q = p[c] / sum;
      return -t * std::log(q < kLowest<T>    ? kLowest<T>
                           : q > kHighest<T> ? kHighest<T>
                                             : q);
    });
  }

  // A share that has a slope: Keras clips probabilities.
  __device__ T moving_share(std::int64_t c) const {
    if (options.from_logits) return share(c);
    const T q = p[c] / sum;
    return q < kLowest<T> || q > kHighest<T> ? 0 : share(c);
  }
  __device__ T slope(std::int64_t c, T shares) const {
    const T t = moving_share(c);
    return options.from_logits ? shares * (std::exp(p[c] - largest) / sum) - t
                               : shares / sum - (t == 0 ? 0 : t / p[c]);
  }
};

// Two blocks a multiprocessor leave room for what ptxas would spill for more.
template <class T, class Truths>
__global__ void __launch_bounds__(kThreads, 2)
    sum_losses(LossParameters options, Rows rows, const T* p, Truths truths,
               Share* shares) {
  Share own;
  for_rows(rows, [&](const Row& row) {
    const Prediction<T, Truths> prediction(options, truths, row, p);
    const T loss = options.focused(prediction.loss());
    if (!prediction.truth.counts || row.lane != 0) return;
    own.counted += 1;
    own.total += prediction.truth.valid ? prediction.weight() * loss
                                        : static_cast<T>(NAN);
  });
  const Share sum = block_share(own);
  if (threadIdx.x == 0) shares[blockIdx.x] = sum;
}

template <class Truths>
__global__ void __launch_bounds__(kThreads)
    count_rows(Rows rows, Truths truths, Share* shares) {
  Share own;
  for_rows(rows, [&](const Row& row) {
    if (truths.find(row).counts && row.lane == 0) own.counted += 1;
  });
  const Share sum = block_share(own);
  if (threadIdx.x == 0) shares[blockIdx.x] = sum;
}

template <class T, class Truths>
__global__ void __launch_bounds__(kThreads)
    write_slopes(LossParameters options, Rows rows, const T* dloss, const T* p,
                 Truths truths, const Share* shares, unsigned share_count,
                 T* dp) {
  const Share counted = sum_shares(shares, share_count);
  const auto scale = static_cast<T>(*dloss / counted.counted);
  for_rows(rows, [&](const Row& row) {
    const Prediction<T, Truths> prediction(options, truths, row, p);
    const T total = row.reduce(T{0}, Plus{}, [&](std::int64_t c) {
      return prediction.moving_share(c);
    });
    const bool flows = prediction.truth.counts && prediction.truth.valid;
    T factor = flows ? scale * prediction.weight() : 0;
    if (options.gamma != 0) {
      factor *= reference::focal_slope(prediction.loss(), options.gamma);
    }
    for (std::int64_t c = row.lane; c < row.end; c += row.width) {
      dp[row.start + c] = flows ? factor * prediction.slope(c, total) : 0;
    }
  });
}

template <class Truths>
Kernel loss(const graph::LossOptions& options, const Rows& rows) {
  const unsigned blocks = loss_blocks(rows.lanes());
  return {
      .run =
          [=, parameters = DeviceLoss(options)](const KernelArguments& call) {
            auto* shares = static_cast<Share*>(call.workspace);
            const Truths truths = Truths::of(call, 1);
            launch(call, {.blocks = blocks, .shared_bytes = kShareScratch},
                   sum_losses<float, Truths>, parameters.get(), rows,
                   call.input<float>(0), truths, shares);
            launch(call, {.blocks = 1, .shared_bytes = kShareScratch},
                   write_mean<float>, shares, blocks, call.output<float>(0));
          },
      .workspace_bytes = blocks * sizeof(Share)};
}

template <class Truths>
Kernel gradient(const graph::LossOptions& options, const Rows& rows) {
  const unsigned blocks = loss_blocks(rows.lanes());
  Grid grid = grid_over(rows.lanes());
  grid.shared_bytes = kShareScratch;
  return {
      .run =
          [=, parameters = DeviceLoss(options)](const KernelArguments& call) {
            auto* shares = static_cast<Share*>(call.workspace);
            const Truths truths = Truths::of(call, 2);
            launch(call, {.blocks = blocks, .shared_bytes = kShareScratch},
                   count_rows<Truths>, rows, truths, shares);
            launch(call, grid, write_slopes<float, Truths>, parameters.get(),
                   rows, call.input<float>(0), call.input<float>(1), truths,
                   shares, blocks, call.output<float>(0));
          },
      .workspace_bytes = blocks * sizeof(Share)};
}

}  // namespace

Kernel make(const graph::CategoricalCrossentropy& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Rows rows(signature.inputs[0].shape);
  switch (signature.inputs[1].dtype) {
    case DType::uint8:
      return loss<IdTruths<float, std::uint8_t>>(operation.options, rows);
    case DType::int32:
      return loss<IdTruths<float, std::int32_t>>(operation.options, rows);
    default:
      return loss<RowTruths<float>>(operation.options, rows);
  }
}

Kernel make(const graph::CategoricalCrossentropyGradient& operation,
            const Signature& signature) {
  require_float32(operation.kName, signature.inputs[1]);
  const Rows rows(signature.inputs[1].shape);
  switch (signature.inputs[2].dtype) {
    case DType::uint8:
      return gradient<IdTruths<float, std::uint8_t>>(operation.options, rows);
    case DType::int32:
      return gradient<IdTruths<float, std::int32_t>>(operation.options, rows);
    default:
      return gradient<RowTruths<float>>(operation.options, rows);
  }
}

}  // namespace lathe::cuda
