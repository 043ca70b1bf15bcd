#include "train/data/dataset.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/philox.h"

namespace lathe::train {

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
  auto order = permutation(size, seed, 0, RandomStream::split);
  const auto middle = order.begin() + validation;
  // In the order of names, so that --no-shuffle means what it says.
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  return {.train = std::make_shared<Subset>(
              data, std::vector<std::int64_t>(middle, order.end())),
          .validation = std::make_shared<Subset>(
              data, std::vector<std::int64_t>(order.begin(), middle))};
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
