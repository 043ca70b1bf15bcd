#include "core/cuda/nccl.h"

// What NCCL does on devices, done by the ranks themselves.
namespace lathe::cuda {

void connect(Communicator&) {}

void all_reduce(Communicator& ranks, std::span<const std::span<float>> values,
                void*) {
  for (const std::span<float> each : values) ranks.all_reduce(each);
}

void all_reduce(Communicator& ranks, std::span<double> values, void*) {
  ranks.all_reduce(values);
}

}  // namespace lathe::cuda
