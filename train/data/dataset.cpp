#include "train/data/dataset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "core/error.h"
#include "core/graph/operations/loss.h"
#include "core/philox.h"

namespace lathe::train {
namespace {

// The parts in the order of names, so that --no-shuffle means what it says.
Split in_order(const std::shared_ptr<const Dataset>& data,
               std::vector<std::int64_t> train,
               std::vector<std::int64_t> validation) {
  std::sort(train.begin(), train.end());
  std::sort(validation.begin(), validation.end());
  return {.train = std::make_shared<Subset>(data, std::move(train)),
          .validation = std::make_shared<Subset>(data, std::move(validation))};
}

}  // namespace

void Dataset::count_pixels(std::int64_t index,
                           std::span<std::int64_t> counts) const {
  const Tensor image(image_spec().shape, DType::uint8);
  const Tensor mask(target_spec().shape, DType::uint8);
  read(index, image, mask);
  add_pixel_counts(mask, counts, name(index));
}

void add_pixel_counts(const Tensor& ids, std::span<std::int64_t> counts,
                      std::string_view name) {
  std::array<std::int64_t, 256> found{};
  for (const std::uint8_t id : ids.values<std::uint8_t>()) ++found[id];
  for (std::size_t id = 0; id < found.size(); ++id) {
    if (id < counts.size()) {
      counts[id] += found[id];
    } else if (found[id] > 0 && id != graph::kIgnoredTarget) {
      fail(name, ": has pixels of class ", id, "; there are classes 0 to ",
           counts.size() - 1);
    }
  }
}

Subset::Subset(std::shared_ptr<const Dataset> whole,
               std::vector<std::int64_t> indices)
    : whole_(std::move(whole)), indices_(std::move(indices)) {
  for (const std::int64_t index : indices_) {
    if (index < 0 || index >= whole_->size()) {
      fail("subset: there is no sample ", index, " among ", whole_->size());
    }
  }
}

Split split(const std::shared_ptr<const Dataset>& data, double fraction,
            std::uint64_t seed) {
  const std::int64_t size = data->size();
  auto validation = static_cast<std::int64_t>(
      std::llround(fraction * static_cast<double>(size)));
  if (fraction > 0) validation = std::max<std::int64_t>(validation, 1);
  if (validation >= size) {
    fail("split: ", fraction, " of ", size,
         " samples for validation leaves none to train on");
  }
  const auto order = permutation(size, seed, 0, RandomStream::split);
  const auto middle = order.begin() + validation;
  return in_order(data, {middle, order.end()}, {order.begin(), middle});
}

Split stratified_split(const std::shared_ptr<const Dataset>& data,
                       double fraction, std::uint64_t seed) {
  if (fraction < 0 || fraction >= 1) {
    fail("stratified_split: ", fraction,
         " of each class for validation; from 0 to below 1 would be right");
  }
  std::map<std::int32_t, std::int64_t> wanted;
  for (std::int64_t i = 0; i < data->size(); ++i) {
    const std::int32_t label = data->label(i);
    if (label < 0) {
      fail("stratified_split: ", data->name(i), " has no class; split takes ",
           "samples of any kind");
    }
    ++wanted[label];
  }
  for (auto& [label, count] : wanted) {
    const auto share = static_cast<std::int64_t>(
        std::llround(fraction * static_cast<double>(count)));
    count = std::min(count - 1,
                     fraction > 0 ? std::max<std::int64_t>(share, 1) : 0);
  }
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
  for (const std::int64_t index :
       permutation(data->size(), seed, 0, RandomStream::split)) {
    const bool held = wanted[data->label(index)]-- > 0;
    (held ? validation : train).push_back(index);
  }
  if (fraction > 0 && validation.empty()) {
    fail(
        "stratified_split: no class has two samples, so none can be spared "
        "for validation");
  }
  return in_order(data, std::move(train), std::move(validation));
}

std::vector<std::int64_t> permutation(std::int64_t count, std::uint64_t seed,
                                      std::uint32_t epoch,
                                      std::uint32_t stream) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Philox random({.seed = seed, .epoch = epoch, .operation = stream});
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
  }
  return order;
}

}  // namespace lathe::train
