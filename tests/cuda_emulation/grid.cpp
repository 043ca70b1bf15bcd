#include <cuda_emulation/device.h>
#include <cuda_emulation/runtime.h>

#include <cstring>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/cuda_emulation/fiber.h"

uint3 threadIdx;
uint3 blockIdx;
dim3 blockDim;
dim3 gridDim;

namespace lathe::cuda {

float4 dynamic_shared_memory[(kSharedBytes + kSharedMargin) / sizeof(float4)];

}  // namespace lathe::cuda

namespace cuda_emulation {
namespace {

using lathe::cuda::dynamic_shared_memory;
using lathe::cuda::kSharedMargin;

Order order = Order::ascending;

// What lies at the ends of shared memory; within it is NaN.
constexpr int kMargin = 0xA5;
constexpr int kUndefined = 0xFF;

struct Thread {
  bool started = false;
  bool ready = false;
  bool finished = false;
  Fiber* fiber = nullptr;
  const char* waits_for = "";
  LaneValues values{};
};

// Lanes of a warp that wait for one another.
struct Exchange {
  unsigned mask = 0;
  unsigned arrived = 0;
  const char* what = "";
  LaneValues values{};
};

// The block that runs. Its threads take turns: each runs until it waits for
// others. A fiber whose thread has ended goes on with the next one, so threads
// that never wait all run on the first.
class Block {
 public:
  Block(unsigned threads, const std::function<void()>& thread)
      : thread_(thread), threads_(threads), warps_((threads + 31) / 32) {}

  void run();

  void barrier(int value);
  int summed() const { return sum_; }
  void wait_for_earlier() { ++waited_; }
  // Every thread has, once.
  bool has_waited() const { return waited_ == threads_.size(); }
  const LaneValues& exchange(unsigned mask, std::uint64_t value,
                             const char* what);
  int lane() const { return static_cast<int>(current_ % 32); }
  // Built in place: what lies on the fiber's stack is never destroyed.
  [[noreturn]] void stop(const char* what, const char* problem);
  // What a fiber does until nothing is left.
  [[noreturn]] void work(Fiber& fiber);

 private:
  std::size_t ordered(std::size_t i) const {
    return order == Order::ascending ? i : threads_.size() - 1 - i;
  }
  void enter(std::size_t thread);
  void resume(Fiber& fiber);
  void wait(const char* what);
  [[noreturn]] void fail_waiting() const;

  const std::function<void()>& thread_;
  std::vector<Thread> threads_;
  std::vector<std::vector<Exchange>> warps_;
  std::size_t current_ = 0;
  std::size_t next_ = 0;
  std::size_t finished_ = 0;
  std::size_t arrived_ = 0;
  std::size_t waited_ = 0;
  int arriving_sum_ = 0;
  int sum_ = 0;
  std::string error_;
};

Block* block = nullptr;
// Those that wait for no thread, kept for later blocks.
std::vector<std::unique_ptr<Fiber>> fibers;
std::vector<Fiber*> idle;

Fiber& idle_fiber() {
  if (idle.empty()) {
    auto self = std::make_shared<Fiber*>(nullptr);
    fibers.push_back(std::make_unique<Fiber>([self] { block->work(**self); }));
    *self = fibers.back().get();
    idle.push_back(*self);
  }
  Fiber& fiber = *idle.back();
  idle.pop_back();
  return fiber;
}

void Block::enter(std::size_t thread) {
  current_ = thread;
  const auto i = static_cast<unsigned>(thread);
  threadIdx = {i % blockDim.x, i / blockDim.x % blockDim.y,
               i / blockDim.x / blockDim.y};
}

void Block::work(Fiber& fiber) {
  while (true) {
    // After a pause this may be another block.
    Block& here = *block;
    while (here.next_ < here.threads_.size()) {
      const std::size_t i = here.ordered(here.next_++);
      here.threads_[i].fiber = &fiber;
      here.enter(i);
      here.thread_();
      here.threads_[here.current_].finished = true;
      ++here.finished_;
    }
    idle.push_back(&fiber);
    fiber.pause();
  }
}

void Block::resume(Fiber& fiber) {
  fiber.resume();
  if (!error_.empty()) {
    // The fibers are left in the middle of what they did.
    fibers.clear();
    idle.clear();
    throw std::logic_error(error_);
  }
}

void Block::run() {
  while (next_ < threads_.size()) resume(idle_fiber());
  while (finished_ < threads_.size()) {
    bool moved = false;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      const std::size_t at = ordered(i);
      Thread& thread = threads_[at];
      if (!thread.ready) continue;
      thread.ready = false;
      moved = true;
      enter(at);
      resume(*thread.fiber);
    }
    if (!moved) fail_waiting();
  }
}

void Block::fail_waiting() const {
  std::ostringstream text;
  text << "threads wait for others that don't come:";
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    if (!threads_[i].finished) {
      text << " thread " << i << " in " << threads_[i].waits_for << ',';
    }
  }
  text << ' ' << finished_ << " of " << threads_.size() << " have ended";
  fibers.clear();
  idle.clear();
  throw std::logic_error(text.str());
}

void Block::stop(const char* what, const char* problem) {
  error_ = what;
  error_ += problem;
  threads_[current_].fiber->pause();
  std::abort();
}

void Block::wait(const char* what) {
  Thread& thread = threads_[current_];
  thread.waits_for = what;
  thread.fiber->pause();
}

void Block::barrier(int value) {
  arriving_sum_ += value;
  if (++arrived_ == threads_.size()) {
    arrived_ = 0;
    sum_ = arriving_sum_;
    arriving_sum_ = 0;
    for (Thread& thread : threads_) thread.ready = true;
  }
  wait("__syncthreads");
}

const LaneValues& Block::exchange(unsigned mask, std::uint64_t value,
                                  const char* what) {
  const std::size_t warp = current_ / 32;
  const auto own = static_cast<unsigned>(current_ % 32);
  const std::size_t lanes =
      std::min<std::size_t>(threads_.size() - warp * 32, 32);
  if ((mask >> own & 1) == 0) {
    stop(what, " by a lane that is not in its mask");
  }
  if (lanes < 32 && mask >> lanes != 0) {
    stop(what, " of lanes that the block does not have");
  }
  std::vector<Exchange>& pending = warps_[warp];
  auto found = pending.begin();
  while (found != pending.end() && (found->mask & mask) == 0) ++found;
  if (found == pending.end()) {
    found = pending.insert(found, {.mask = mask, .what = what});
  }
  if (found->mask != mask || std::strcmp(found->what, what) != 0) {
    stop(what, " meets another call or another mask in the same warp");
  }
  found->values[own] = value;
  found->arrived |= 1U << own;
  if (found->arrived == mask) {
    for (std::size_t i = 0; i < lanes; ++i) {
      if ((mask >> i & 1) == 0) continue;
      threads_[warp * 32 + i].values = found->values;
      threads_[warp * 32 + i].ready = true;
    }
    pending.erase(found);
  }
  wait(what);
  return threads_[current_].values;
}

void check_margin(std::size_t shared_bytes) {
  const auto* bytes =
      reinterpret_cast<const unsigned char*>(&dynamic_shared_memory[0]) +
      shared_bytes;
  for (std::size_t i = 0; i < kSharedMargin; ++i) {
    if (bytes[i] != kMargin) {
      throw std::logic_error("a kernel wrote beyond its shared memory");
    }
  }
}

void run_block(const cudaLaunchConfig_t& config, std::size_t i,
               const std::function<void()>& thread) {
  const auto at = static_cast<unsigned>(i);
  blockIdx = {at % gridDim.x, at / gridDim.x % gridDim.y,
              at / gridDim.x / gridDim.y};
  auto* bytes = reinterpret_cast<unsigned char*>(&dynamic_shared_memory[0]);
  std::memset(bytes, kUndefined, config.dynamicSmemBytes);
  std::memset(bytes + config.dynamicSmemBytes, kMargin, kSharedMargin);
  Block here(blockDim.x * blockDim.y * blockDim.z, thread);
  block = &here;
  here.run();
  block = nullptr;
  if (config.numAttrs > 0 && !here.has_waited()) {
    throw std::logic_error(
        "a kernel that starts early does not wait for earlier ones");
  }
  check_margin(config.dynamicSmemBytes);
}

}  // namespace

void set_order(Order wanted) {
  order = wanted;
}

void block_barrier() {
  block->barrier(0);
}

int block_sum(int value) {
  block->barrier(value);
  return block->summed();
}

const LaneValues& exchange(unsigned mask, std::uint64_t value,
                           const char* what) {
  return block->exchange(mask, value, what);
}

void wait_for_earlier() {
  block->wait_for_earlier();
}

int lane() {
  return block->lane();
}

void fail_in_kernel(const char* message) {
  block->stop(message, "");
}

cudaError_t check_grid(const cudaLaunchConfig_t& config) {
  const dim3& grid = config.gridDim;
  const dim3& block = config.blockDim;
  const std::size_t blocks = std::size_t{grid.x} * grid.y * grid.z;
  const std::size_t threads = std::size_t{block.x} * block.y * block.z;
  const bool fits = blocks > 0 && grid.y <= 65535 && grid.z <= 65535 &&
                    threads > 0 && threads <= 1024 && block.z <= 64 &&
                    config.dynamicSmemBytes <= lathe::cuda::kSharedBytes;
  return fits ? cudaSuccess : cudaErrorInvalidConfiguration;
}

void run_grid(const cudaLaunchConfig_t& config,
              const std::function<void()>& thread) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  gridDim = config.gridDim;
  blockDim = config.blockDim;
  const std::size_t blocks = std::size_t{gridDim.x} * gridDim.y * gridDim.z;
  for (std::size_t i = 0; i < blocks; ++i) {
    run_block(config, order == Order::ascending ? i : blocks - 1 - i, thread);
  }
}

}  // namespace cuda_emulation
