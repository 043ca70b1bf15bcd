#include "tests/cuda_emulation/fiber.h"

#include <setjmp.h>
#include <ucontext.h>

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace cuda_emulation {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

// Whose body starts, for want of an argument of makecontext's that is a
// pointer.
Fiber* starting = nullptr;

// Where to go on.
struct Place {
  ucontext_t context{};
  jmp_buf jump{};
  bool jumps = false;
};

// Goes on at `to`, and here when somebody comes back. swapcontext asks the
// kernel for the mask of signals each time, which takes most of an emulation,
// so only sanitizers use it: they know nothing of jumps to other stacks.
void swap(Place& from, Place& to) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  swapcontext(&from.context, &to.context);
#else
  from.jumps = true;
  if (_setjmp(from.jump) != 0) return;
  if (to.jumps) _longjmp(to.jump, 1);
  setcontext(&to.context);
#endif
}

}  // namespace

// The sanitizers want to know which stack the thread runs on.
struct Fiber::State {
  std::function<void()> body;
  std::unique_ptr<std::byte[]> stack{new std::byte[kStackBytes]};
  Place inside;
  Place outside;
#ifdef __SANITIZE_ADDRESS__
  void* inside_frames = nullptr;
  void* outside_frames = nullptr;
  const void* outside_stack = nullptr;
  std::size_t outside_bytes = 0;
#endif
#ifdef __SANITIZE_THREAD__
  void* inside_fiber = __tsan_create_fiber(0);
  void* outside_fiber = nullptr;
#endif

  void enter() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&outside_frames, stack.get(), kStackBytes);
#endif
#ifdef __SANITIZE_THREAD__
    outside_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(inside_fiber, 0);
#endif
    swap(outside, inside);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(outside_frames, nullptr, nullptr);
#endif
  }

  void leave() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&inside_frames, outside_stack,
                                   outside_bytes);
#endif
#ifdef __SANITIZE_THREAD__
    __tsan_switch_to_fiber(outside_fiber, 0);
#endif
    swap(inside, outside);
    entered();
  }

  void entered() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(inside_frames, &outside_stack,
                                    &outside_bytes);
#endif
  }
};

Fiber::Fiber(std::function<void()> body) : state_(new State) {
  state_->body = std::move(body);
  ucontext_t& context = state_->inside.context;
  getcontext(&context);
  context.uc_stack.ss_sp = state_->stack.get();
  context.uc_stack.ss_size = kStackBytes;
  context.uc_link = nullptr;
  makecontext(&context, &Fiber::start, 0);
}

Fiber::~Fiber() {
#ifdef __SANITIZE_THREAD__
  __tsan_destroy_fiber(state_->inside_fiber);
#endif
}

void Fiber::start() {
  State& state = *starting->state_;
  state.entered();
  state.body();
}

void Fiber::resume() {
  starting = this;
  state_->enter();
}

void Fiber::pause() {
  state_->leave();
}

}  // namespace cuda_emulation
