#pragma once

#include <functional>
#include <memory>

namespace lathe::cuda {

/// What the stream is given to do, recorded so that one call gives it all of
/// that again: a CUDA graph. It is the same work on the same memory.
class Recording {
 public:
  /// Records what `work` gives the stream; none of it is done. Throws Error
  /// where something in it can't be recorded, and whatever `work` throws.
  explicit Recording(const std::function<void()>& work);

  /// Gives the stream all of it.
  void replay() const;

 private:
  std::shared_ptr<void> graph_;
};

}  // namespace lathe::cuda
