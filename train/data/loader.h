#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "train/data/batch.h"
#include "train/data/dataset.h"

namespace lathe::train {

/// What loading threads do to a sample: image, target (in place), sample id,
/// epoch, and the float32 image to write.
using SampleTransform = std::function<void(
    const Tensor&, const Tensor&, std::uint32_t, std::uint32_t, const Tensor&)>;

/// One of the equal parts of every batch, one after the other.
struct BatchPart {
  std::int64_t index = 0;
  std::int64_t count = 1;
};

/// The rows of a part. Throws Error where parts would not be equal.
std::int64_t rows_of_part(std::int64_t batch_size, const BatchPart& part);

struct LoaderOptions {
  /// 0 for the data set's own.
  std::int64_t batch_size = 0;
  /// What is read of each batch. `batch_size` is that of the whole.
  BatchPart part = {};
  bool shuffle = true;
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  /// Read samples as training sees them (Dataset::read_drawn).
  bool training = false;
  /// Steps of the epoch to leave out: those a resumed run had done.
  std::int64_t first_step = 0;
  /// Leave out the samples that don't fill a batch; otherwise the last batch
  /// is padded, its padding's targets ignored.
  bool drop_remainder = true;
  /// Threads that read; 0 for as many as the machine has.
  int threads = 0;
  /// Batches made ready ahead of the one in use.
  std::int64_t prefetch = 3;
  /// Batches lie in memory from which a GPU copies while it works
  /// (Tensor::pinned).
  bool pinned = false;
  /// Applied to each sample where it is set; batches then hold float32 images.
  SampleTransform transform{};
  /// Where given, a sample that can't be read is reported here, each time it
  /// is met and one call at a time, and the one behind it takes its place;
  /// otherwise its error reaches the caller.
  std::function<void(const std::string& error)> on_bad_sample{};
};

/// The places in the data set of an epoch's samples, in the order in which a
/// Loader takes them.
std::vector<std::int64_t> loading_order(const Dataset& data,
                                        const LoaderOptions& options);

/// The batches of one epoch, made ready by threads. Which samples are in which
/// batch, and what is in them, does not depend on the number of threads.
class Loader {
 public:
  /// Throws Error where the set does not fill one batch.
  Loader(const Dataset& data, LoaderOptions options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Batches in the whole epoch, those left out included.
  std::int64_t steps() const { return steps_; }

  /// Waits for the next batch; false at the end of the epoch. The batch's
  /// tensors hold until the next call. Where a sample of this batch can't be
  /// read, throws its error (the first one's in the batch's order); the next
  /// call goes on with the batch behind it.
  bool next(Batch& batch);

 private:
  struct Slot {
    Batch batch;
    std::int64_t step = -1;
    std::int64_t missing = 0;  ///< samples not yet read
    std::exception_ptr error;
    std::int64_t error_row = 0;
  };

  void start(int threads);
  void work();
  void read_sample(Slot& slot, std::int64_t row);
  /// Samples of a batch in the rows [first, first + count).
  std::int64_t samples_in(std::int64_t step, std::int64_t first,
                          std::int64_t count) const;

  const Dataset& data_;
  LoaderOptions options_;
  std::vector<std::int64_t> order_;
  std::int64_t rows_ = 0;  // of a batch's part
  std::int64_t steps_ = 0;

  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable ready_;
  std::vector<Slot> slots_;
  std::int64_t next_step_ = 0;  // to be handed out
  std::int64_t work_step_ = 0;  // from which samples are being taken
  std::int64_t work_row_ = 0;
  std::mutex bad_sample_mutex_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace lathe::train
