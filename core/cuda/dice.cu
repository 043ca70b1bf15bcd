#include "core/cuda/divisor.h"
#include "core/cuda/normalization.h"
#include "core/cuda/rank_sums.h"
#include "core/cuda/targets.h"
#include "core/graph/operations/dice.h"
#include "core/reference/dice.h"

// Sums in two stages and a fixed order, a thread a class of some rows.
namespace lathe::cuda {
namespace {

using reference::DiceSums;

template <class Id>
__global__ void __launch_bounds__(kThreads)
    sum_rows(Columns all, const float* p, Targets<Id> targets,
             DiceSums* partial) {
  const RowsOfThread rows(all);
  DiceSums own;
  for (std::int64_t row = rows.first; row < rows.end; row += rows.step) {
    if (targets.ignored(row)) continue;
    const std::int64_t id = targets.at(row);
    const float here = p[row * all.columns + rows.column];
    const bool is = rows.column == reference::place_of(id, all.columns);
    own.counted += 1;
    own.total += here;
    if (is) {
      own.overlap += here;
      own.total += 1;
    }
    if (reference::is_no_class(id, all.columns)) {
      own.overlap = static_cast<double>(NAN);
    }
  }
  add_lines(all, own);
  if (!rows.is_first_line) return;
  partial[blockIdx.y * all.columns + rows.column] = own;
}

// Few enough classes for one thread.
__global__ void __launch_bounds__(1)
    write_loss(const DiceSums* sums, std::int64_t classes, bool per_class,
               int ranks, float* loss, float* slopes) {
  reference::write_dice(sums, classes, per_class, ranks, loss, slopes);
}

template <class Id>
__global__ void __launch_bounds__(kThreads)
    write_slopes(Columns all, const float* dloss, const float* slopes,
                 Targets<Id> targets, float* dp) {
  const RowsOfThread rows(all);
  if (rows.end == 0) return;
  const float is = *dloss * slopes[2 * rows.column];
  const float is_not = *dloss * slopes[2 * rows.column + 1];
  for (std::int64_t row = rows.first; row < rows.end; row += rows.step) {
    const std::int64_t id = targets.at(row);
    const bool flows =
        !targets.ignored(row) && !reference::is_no_class(id, all.columns);
    const bool here = rows.column == reference::place_of(id, all.columns);
    dp[row * all.columns + rows.column] = !flows ? 0 : here ? is : is_not;
  }
}

template <class Id>
Kernel dice(const graph::Dice& operation, const Shape& shape) {
  const std::int64_t classes = shape.back();
  const Columns summing(shape.elements() / classes, classes, kSummingBlocks, 1);
  const auto ranks = operation.ranks;
  if (ranks) connect(*ranks);
  return {
      .run =
          [=, per_class = operation.per_class](const KernelArguments& call) {
            auto* partial = static_cast<DiceSums*>(call.workspace);
            DiceSums* sums = partial + summing.chunks * classes;
            DiceSums* own = sums + classes;
            launch(call, summing.grid(sizeof(DiceSums)), sum_rows<Id>, summing,
                   call.input<float>(0), Targets<Id>{call.input<Id>(1)},
                   partial);
            sum_chunks_of_ranks<DiceSums>(call, ranks, summing.chunks, classes,
                                          partial, own,
                                          KeepSums<DiceSums>{sums});
            launch(call, {.blocks = 1, .threads = 1}, write_loss,
                   static_cast<const DiceSums*>(sums), classes, per_class,
                   ranks ? ranks->size() : 1, call.output<float>(0),
                   call.output<float>(1));
          },
      .workspace_bytes =
          static_cast<std::size_t>((summing.chunks + 2) * classes) *
          sizeof(DiceSums)};
}

template <class Id>
Kernel gradient(const Shape& shape) {
  const std::int64_t classes = shape.back();
  const Columns writing = columns_to_write(shape.elements() / classes, classes);
  return {.run = [=](const KernelArguments& call) {
    launch(call, writing.grid(), write_slopes<Id>, writing,
           call.input<float>(0), call.input<float>(1),
           Targets<Id>{call.input<Id>(2)}, call.output<float>(0));
  }};
}

}  // namespace

Kernel make(const graph::Dice& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  const Shape& shape = signature.inputs[0].shape;
  return signature.inputs[1].dtype == DType::uint8
             ? dice<std::uint8_t>(operation, shape)
             : dice<std::int32_t>(operation, shape);
}

Kernel make(const graph::DiceGradient& operation, const Signature& signature) {
  require_float32(operation.kName, signature.inputs[0]);
  return signature.inputs[2].dtype == DType::uint8
             ? gradient<std::uint8_t>(operation.shape)
             : gradient<std::int32_t>(operation.shape);
}

}  // namespace lathe::cuda
