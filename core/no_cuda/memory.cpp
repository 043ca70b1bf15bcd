#include "core/cuda/memory.h"

namespace lathe::cuda {
namespace {

[[noreturn]] void refuse() {
  fail("GPU: this build has no CUDA; use cpu");
}

}  // namespace

void* stream() {
  refuse();
}

void synchronize() {
  refuse();
}

std::size_t free_bytes() {
  refuse();
}

std::shared_ptr<void> device_memory(std::size_t) {
  refuse();
}

std::shared_ptr<void> pinned_memory(std::size_t) {
  refuse();
}

void upload(void*, const void*, std::size_t) {
  refuse();
}

void download(void*, const void*, std::size_t) {
  refuse();
}

}  // namespace lathe::cuda
