#include "core/cuda/nccl.h"

#include "core/error.h"

namespace lathe::cuda {
namespace {

[[noreturn]] void refuse() {
  fail("GPUs of several processes: this build has no NCCL; use cpu, or build ",
       "where nccl.h is");
}

}  // namespace

void connect(Communicator&) {
  refuse();
}

void all_reduce(Communicator&, std::span<const std::span<float>>, void*) {
  refuse();
}

void all_reduce(Communicator&, std::span<double>, void*) {
  refuse();
}

}  // namespace lathe::cuda
