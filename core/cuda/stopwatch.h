#pragma once

#include <memory>
#include <vector>

namespace lathe::cuda {

/// Times what a stream is given, by events. Marking waits for nothing.
class Stopwatch {
 public:
  /// Marks what the stream was given so far.
  void mark(void* stream);
  /// From the first mark to each of them; waits until the stream has come to
  /// the last.
  std::vector<double> milliseconds() const;

 private:
  std::vector<std::shared_ptr<void>> events_;
};

}  // namespace lathe::cuda
