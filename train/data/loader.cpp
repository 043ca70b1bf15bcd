#include "train/data/loader.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <system_error>

#include "core/error.h"
#include "core/graph/operations/loss.h"
#include "core/parallel.h"
#include "core/philox.h"

namespace lathe::train {

std::vector<std::int64_t> loading_order(const Dataset& data,
                                        const LoaderOptions& options) {
  if (options.shuffle) {
    return permutation(data.size(), options.seed, options.epoch,
                       RandomStream::shuffle);
  }
  std::vector<std::int64_t> order(static_cast<std::size_t>(data.size()));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return order;
}

std::int64_t rows_of_part(std::int64_t batch_size, const BatchPart& part) {
  if (batch_size % part.count != 0) {
    const std::int64_t less = batch_size / part.count * part.count;
    fail("a batch of ", batch_size, " among ", part.count,
         " processes, which take equal parts; ",
         less > 0 ? concat(less, " or ") : std::string(), less + part.count,
         " would be right");
  }
  return batch_size / part.count;
}

Loader::Loader(const Dataset& data, LoaderOptions options)
    : data_(data), options_(std::move(options)) {
  const std::int64_t size = data_.size();
  if (options_.batch_size == 0) options_.batch_size = data_.batch_size();
  const std::int64_t batch = options_.batch_size;
  if (batch < 1) fail("loader: a batch of ", batch, " samples");
  if (size == 0) fail("loader: there are no samples");
  rows_ = rows_of_part(batch, options_.part);
  if (options_.drop_remainder && size < batch) {
    fail("loader: ", size, " samples don't fill a batch of ", batch,
         "; a batch of at most ", size, " would be right");
  }
  steps_ = options_.drop_remainder ? size / batch : (size + batch - 1) / batch;
  order_ = loading_order(data_, options_);
  next_step_ = work_step_ = std::min(options_.first_step, steps_);
  slots_.resize(static_cast<std::size_t>(
      std::clamp<std::int64_t>(steps_ - next_step_, 1, options_.prefetch + 1)));
  const auto batched = [&](TensorSpec spec) {
    std::vector<std::int64_t> extents{rows_};
    extents.insert(extents.end(), spec.shape.begin(), spec.shape.end());
    spec.shape = Shape(std::move(extents));
    return spec;
  };
  TensorSpec images = batched(data_.image_spec());
  if (options_.transform) images.dtype = DType::float32;
  const TensorSpec targets = batched(data_.target_spec());
  const auto make = [&](const TensorSpec& spec) {
    return options_.pinned ? Tensor::pinned(spec)
                           : Tensor(spec.shape, spec.dtype);
  };
  for (Slot& slot : slots_) {
    slot.batch.images = make(images);
    slot.batch.targets = make(targets);
    slot.batch.sample_ids.resize(static_cast<std::size_t>(rows_));
    slot.batch.epoch = options_.epoch;
  }
  int threads = options_.threads;
  if (threads <= 0) {
    threads =
        std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }
  start(threads);
}

void Loader::start(int threads) {
  threads_.reserve(static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      // Those that there are do the work of the others.
      if (!threads_.empty()) return;
      fail("loader: no thread can be started: ", error.what(),
           "; a program of less memory or fewer threads could be");
    }
  }
}

Loader::~Loader() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::int64_t Loader::samples_in(std::int64_t step, std::int64_t first,
                                std::int64_t count) const {
  const std::int64_t left = data_.size() - step * options_.batch_size - first;
  return std::clamp<std::int64_t>(left, 0, count);
}

bool Loader::next(Batch& batch) {
  std::unique_lock lock(mutex_);
  if (next_step_ >= steps_) return false;
  const auto count = static_cast<std::int64_t>(slots_.size());
  Slot& slot = slots_[static_cast<std::size_t>(next_step_ % count)];
  // The batch handed out before may now be overwritten.
  next_step_ += 1;
  room_.notify_all();
  ready_.wait(lock,
              [&] { return slot.step == next_step_ - 1 && slot.missing == 0; });
  if (slot.error) std::rethrow_exception(slot.error);
  batch = slot.batch;
  return true;
}

void Loader::work() {
  // A thread a sample: a team of each would fight for the same cores.
  set_thread_count(1);
  const auto count = static_cast<std::int64_t>(slots_.size());
  std::unique_lock lock(mutex_);
  while (true) {
    // The batch in the caller's hands, next_step_ - 1, keeps its slot.
    room_.wait(lock, [&] {
      return stopping_ || work_step_ >= steps_ || work_row_ > 0 ||
             work_step_ < next_step_ - 1 + count;
    });
    if (stopping_ || work_step_ >= steps_) return;
    Slot& slot = slots_[static_cast<std::size_t>(work_step_ % count)];
    if (work_row_ == 0) {
      slot.step = work_step_;
      slot.missing = rows_;
      slot.error = nullptr;
      slot.batch.size =
          samples_in(work_step_, options_.part.index * rows_, rows_);
      slot.batch.whole_size = samples_in(work_step_, 0, options_.batch_size);
    }
    const std::int64_t row = work_row_;
    if (++work_row_ == rows_) {
      work_row_ = 0;
      ++work_step_;
    }
    lock.unlock();
    std::exception_ptr error;
    try {
      read_sample(slot, row);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error && (!slot.error || row < slot.error_row)) {
      slot.error = error;
      slot.error_row = row;
    }
    if (--slot.missing == 0) ready_.notify_all();
  }
}

void Loader::read_sample(Slot& slot, std::int64_t row) {
  const Batch& batch = slot.batch;
  const Tensor image_row = batch.images.rows(row, 1);
  const Tensor target =
      batch.targets.rows(row, 1).reshaped(data_.target_spec().shape);
  if (row >= batch.size) {
    std::memset(image_row.raw(), 0, image_row.bytes());
    // Every byte 255: the ignored class of a mask, and -1 as a label.
    std::memset(target.raw(), graph::kIgnoredTarget, target.bytes());
    slot.batch.sample_ids[static_cast<std::size_t>(row)] = 0;
    return;
  }
  const Tensor image = image_row.reshaped(data_.image_spec().shape);
  // Without the transform the sample is read where it belongs.
  thread_local Tensor decoded;
  Tensor read_into = image;
  if (options_.transform) {
    if (decoded.empty() || decoded.spec() != data_.image_spec()) {
      decoded = Tensor(data_.image_spec().shape, DType::uint8);
    }
    read_into = decoded;
  }
  const std::int64_t place =
      slot.step * options_.batch_size + options_.part.index * rows_ + row;
  std::int64_t index = order_[static_cast<std::size_t>(place)];
  for (std::int64_t tried = 0;; ++tried) {
    try {
      if (options_.training) {
        data_.read_drawn(index,
                         {.seed = options_.seed,
                          .epoch = options_.epoch,
                          .sample = data_.sample_id(index),
                          .operation = RandomStream::window},
                         read_into, target);
      } else {
        data_.read(index, read_into, target);
      }
      break;
    } catch (const Error& error) {
      if (!options_.on_bad_sample || tried >= data_.size()) throw;
      const std::lock_guard lock(bad_sample_mutex_);
      options_.on_bad_sample(error.what());
      index = (index + 1) % data_.size();
    }
  }
  const std::uint32_t id = data_.sample_id(index);
  slot.batch.sample_ids[static_cast<std::size_t>(row)] = id;
  if (options_.transform) {
    options_.transform(read_into, target, id, options_.epoch, image);
  }
}

}  // namespace lathe::train
