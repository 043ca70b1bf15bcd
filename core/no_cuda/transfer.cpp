#include "core/cuda/transfer.h"

#include "core/cuda/recording.h"
#include "core/cuda/stopwatch.h"
#include "core/error.h"

// Nothing comes here: where there is no CUDA no memory of a GPU is made.
namespace lathe::cuda {
namespace {

[[noreturn]] void refuse() {
  fail("GPU: this build has no CUDA; use cpu");
}

}  // namespace

Mark::Mark() {
  refuse();
}

void Mark::set(void*) {
  refuse();
}

void Mark::wait() const {
  refuse();
}

void Mark::hold(void*) const {
  refuse();
}

Feed::Feed(std::size_t) {
  refuse();
}

void Feed::send(void*, const void*) {
  refuse();
}

void receive(void*, const void*, std::size_t, Mark&) {
  refuse();
}

Recording::Recording(const std::function<void()>&) {
  refuse();
}

void Recording::replay() const {
  refuse();
}

void Stopwatch::mark(void*) {
  refuse();
}

std::vector<double> Stopwatch::milliseconds() const {
  refuse();
}

}  // namespace lathe::cuda
