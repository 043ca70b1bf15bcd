#include "core/cuda/nccl.h"

#include <cuda_emulation/runtime.h>

#include <vector>

#include "core/cuda/runtime.h"

// What NCCL does on devices, done by the ranks themselves in its turn.
namespace lathe::cuda {

void connect(Communicator&) {}

void all_reduce(Communicator& ranks, std::span<const std::span<float>> values,
                void* stream) {
  const std::vector<std::span<float>> parts(values.begin(), values.end());
  check(cuda_emulation::give(static_cast<cudaStream_t>(stream),
                             [&ranks, parts] {
                               for (const std::span<float> each : parts) {
                                 ranks.all_reduce(each);
                               }
                             }),
        "give");
}

void all_reduce(Communicator& ranks, std::span<double> values, void* stream) {
  check(cuda_emulation::give(static_cast<cudaStream_t>(stream),
                             [&ranks, values] { ranks.all_reduce(values); }),
        "give");
}

}  // namespace lathe::cuda
