#pragma once

#include <functional>
#include <memory>

namespace cuda_emulation {

/// A stack of its own on which a function runs until it pauses, and on from
/// there when it is resumed. All fibers belong to one thread.
class Fiber {
 public:
  /// `body` never returns; it pauses instead.
  explicit Fiber(std::function<void()> body);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs the body until it pauses.
  void resume();
  /// Called by the body: goes back to where it was resumed.
  void pause();

 private:
  struct State;

  static void start();

  std::unique_ptr<State> state_;
};

}  // namespace cuda_emulation
