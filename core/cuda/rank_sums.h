#pragma once

#include "core/cuda/columns.h"
#include "core/cuda/nccl.h"

namespace lathe::cuda {

template <class T, class Finish>
__global__ void __launch_bounds__(kThreads)
    finish_columns(std::int64_t columns, const T* sums, Finish finish) {
  const std::int64_t column = thread_index();
  if (column < columns) finish(column, sums[column]);
}

/// sum_chunks() over the rows of all ranks, where there are some. T is made of
/// doubles; `sums` is memory for one a column.
template <class T, class Finish>
void sum_chunks_of_ranks(const KernelArguments& call,
                         const std::shared_ptr<Communicator>& ranks,
                         std::int64_t chunks, std::int64_t columns,
                         const T* partial, T* sums, const Finish& finish) {
  if (!ranks) {
    sum_chunks<T>(call, chunks, columns, partial, finish);
    return;
  }
  sum_chunks<T>(call, chunks, columns, partial, KeepSums<T>{sums});
  all_reduce(*ranks,
             std::span(reinterpret_cast<double*>(sums),
                       static_cast<std::size_t>(columns) *
                           (sizeof(T) / sizeof(double))),
             call.stream);
  launch(call, {.blocks = static_cast<unsigned>(divide_up(columns, kThreads))},
         finish_columns<T, Finish>, columns, static_cast<const T*>(sums),
         finish);
}

}  // namespace lathe::cuda
