#include "train/ranks.h"

#include <algorithm>

namespace lathe::train {
namespace {

// Room for a tensor of every rank, one after the other along the first axis.
void make_room(int ranks, const Tensor& own, Tensor& whole) {
  Shape shape = own.shape();
  shape[0] *= ranks;
  if (whole.empty() || whole.shape() != shape || whole.dtype() != own.dtype()) {
    whole = Tensor(shape, own.dtype());
  }
}

template <class T>
void gather_values(Communicator& ranks, std::span<const T> own,
                   std::span<T> whole) {
  ranks.all_gather(std::as_bytes(own), std::as_writable_bytes(whole));
}

void gather_tensor(Communicator& ranks, const Tensor& own, Tensor& whole) {
  make_room(ranks.size(), own, whole);
  gather_values<std::byte>(
      ranks, {static_cast<const std::byte*>(own.raw()), own.bytes()},
      {static_cast<std::byte*>(whole.raw()), whole.bytes()});
}

}  // namespace

BatchPart part_of(const std::shared_ptr<Communicator>& ranks) {
  if (!ranks) return {};
  return {.index = ranks->rank(), .count = ranks->size()};
}

StepCounts CountsOfRanks::sum(const StepCounts& own, bool& stop) {
  if (!ranks_) return own;
  const bool has_top_5 = !own.top_5.empty();
  numbers_.assign(
      {stop ? 1 : 0, has_top_5 ? own.top_5.values<std::int64_t>()[0] : 0});
  const bool pairs = !own.predicted.empty();
  const auto mine = static_cast<std::size_t>(pairs ? own.predicted.elements()
                                                   : own.confusion.elements());
  // Pairs have each a place of their own.
  const std::size_t all =
      pairs ? mine * static_cast<std::size_t>(ranks_->size()) : mine;
  const std::size_t first =
      2 + (pairs ? mine * static_cast<std::size_t>(ranks_->rank()) : 0);
  numbers_.resize(2 + (pairs ? 2 * all : all));
  const auto at = [&](std::size_t place) {
    return numbers_.begin() + static_cast<std::ptrdiff_t>(place);
  };
  if (pairs) {
    std::ranges::copy(own.truth.values<std::int32_t>(), at(first));
    std::ranges::copy(own.predicted.values<std::int32_t>(), at(first + all));
  } else {
    std::ranges::copy(own.confusion.values<std::int64_t>(), at(first));
  }
  ranks_->all_reduce(std::span(numbers_));
  stop = numbers_[0] > 0;
  if (has_top_5) {
    make_room(1, own.top_5, total_.top_5);
    total_.top_5.values<std::int64_t>()[0] = numbers_[1];
  }
  if (pairs) {
    make_room(ranks_->size(), own.predicted, total_.truth);
    make_room(ranks_->size(), own.predicted, total_.predicted);
    const auto narrow = [](std::int64_t value) {
      return static_cast<std::int32_t>(value);
    };
    std::transform(at(2), at(2 + all), total_.truth.data<std::int32_t>(),
                   narrow);
    std::transform(at(2 + all), at(2 + 2 * all),
                   total_.predicted.data<std::int32_t>(), narrow);
  } else {
    make_room(1, own.confusion, total_.confusion);
    std::copy(at(2), numbers_.end(), total_.confusion.data<std::int64_t>());
  }
  return total_;
}

void gather(Communicator& ranks, const Batch& own, Batch& whole) {
  gather_tensor(ranks, own.images, whole.images);
  gather_tensor(ranks, own.targets, whole.targets);
  whole.sample_ids.resize(own.sample_ids.size() *
                          static_cast<std::size_t>(ranks.size()));
  gather_values<std::uint32_t>(ranks, own.sample_ids, whole.sample_ids);
  whole.epoch = own.epoch;
  whole.size = whole.whole_size = own.whole_size;
}

void average_statistics(Communicator& ranks, const models::Model& model) {
  for (const layers::Weight& weight : model.weights()) {
    if (weight.trainable) continue;
    const std::span<float> values = weight.tensor.values<float>();
    std::vector<double> sums(values.begin(), values.end());
    ranks.all_reduce(std::span(sums));
    std::ranges::transform(sums, values.begin(), [&](double sum) {
      return static_cast<float>(sum / ranks.size());
    });
  }
}

}  // namespace lathe::train
