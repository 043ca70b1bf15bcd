#include "train/data/loader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

#include "core/parallel.h"
#include "tests/train/data/counting_set.h"

namespace lathe::train {
namespace {

// What a batch held, by value: the tensors are used again.
struct Seen {
  std::vector<std::uint32_t> ids{};
  std::vector<int> images{};  // the first byte of each
  std::vector<int> targets{};
  std::uint32_t epoch = 0;
  std::int64_t size = 0;

  bool operator==(const Seen&) const = default;
};

Seen seen(const Batch& batch) {
  Seen result{
      .ids = batch.sample_ids, .epoch = batch.epoch, .size = batch.size};
  for (std::int64_t row = 0; row < batch.images.shape()[0]; ++row) {
    const Tensor image = batch.images.rows(row, 1);
    // Every byte of a sample is the same: rows are not mixed up.
    if (image.dtype() == DType::uint8) {
      const auto bytes = image.values<std::uint8_t>();
      EXPECT_TRUE(std::ranges::all_of(
          bytes, [&](std::uint8_t byte) { return byte == bytes[0]; }));
      result.images.push_back(bytes[0]);
    } else {
      result.images.push_back(static_cast<int>(image.values<float>()[0]));
    }
    result.targets.push_back(
        batch.targets.rows(row, 1).values<std::uint8_t>()[0]);
  }
  return result;
}

std::vector<Seen> all_batches(const Dataset& data,
                              const LoaderOptions& options) {
  Loader loader(data, options);
  Batch batch;
  std::vector<Seen> result;
  while (loader.next(batch)) result.push_back(seen(batch));
  EXPECT_FALSE(loader.next(batch));
  return result;
}

std::vector<std::uint32_t> ids_of(const std::vector<Seen>& batches) {
  std::vector<std::uint32_t> ids;
  for (const Seen& batch : batches) {
    ids.insert(ids.end(), batch.ids.begin(), batch.ids.end());
  }
  return ids;
}

TEST(Loader, GivesEverySampleOnceInAnOrderOfTheEpoch) {
  const CountingSet data(100);
  const auto first = all_batches(data, {.batch_size = 10, .seed = 5});
  ASSERT_EQ(first.size(), 10);
  for (const Seen& batch : first) {
    EXPECT_EQ(batch.size, 10);
    for (std::size_t row = 0; row < 10; ++row) {
      const std::int64_t index = batch.ids[row] - 1000;
      EXPECT_EQ(batch.images[row], CountingSet::value(index));
      EXPECT_EQ(batch.targets[row], CountingSet::value(index) / 2);
    }
  }
  auto ids = ids_of(first);
  const auto other_epoch =
      all_batches(data, {.batch_size = 10, .seed = 5, .epoch = 1});
  EXPECT_EQ(other_epoch[0].epoch, 1);
  EXPECT_NE(ids, ids_of(other_epoch));
  EXPECT_NE(ids, ids_of(all_batches(data, {.batch_size = 10, .seed = 6})));
  std::ranges::sort(ids);
  std::vector<std::uint32_t> everyone(100);
  std::iota(everyone.begin(), everyone.end(), 1000U);
  EXPECT_EQ(ids, everyone);
  for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(data.reads(i), 3);
}

TEST(Loader, IsTheSameWithAnyNumberOfThreads) {
  const CountingSet data(77);
  const LoaderOptions options{.batch_size = 8, .seed = 3, .threads = 1};
  const auto expected = all_batches(data, options);
  for (const int threads : {2, 3, 8}) {
    for (const std::int64_t prefetch : {0, 1, 5, 100}) {
      SCOPED_TRACE(concat(threads, " threads, prefetch ", prefetch));
      LoaderOptions other = options;
      other.threads = threads;
      other.prefetch = prefetch;
      EXPECT_EQ(all_batches(data, other), expected);
    }
  }
}

TEST(Loader, GoesOnInTheMiddleOfAnEpoch) {
  const CountingSet data(60);
  const auto whole =
      all_batches(data, {.batch_size = 8, .seed = 1, .epoch = 4});
  ASSERT_EQ(whole.size(), 7);
  const CountingSet again(60);
  const auto rest = all_batches(
      again, {.batch_size = 8, .seed = 1, .epoch = 4, .first_step = 5});
  EXPECT_EQ(rest, std::vector<Seen>(whole.begin() + 5, whole.end()));
  int reads = 0;
  for (std::int64_t i = 0; i < 60; ++i) reads += again.reads(i);
  EXPECT_EQ(reads, 16);
  EXPECT_TRUE(all_batches(data, {.batch_size = 8, .first_step = 7}).empty());
}

TEST(Loader, KeepsTheOrderWithoutShuffling) {
  const CountingSet data(9);
  const auto ids =
      ids_of(all_batches(data, {.batch_size = 3, .shuffle = false}));
  EXPECT_EQ(ids, (std::vector<std::uint32_t>{1000, 1001, 1002, 1003, 1004, 1005,
                                             1006, 1007, 1008}));
}

TEST(Loader, PadsTheLastBatchOrLeavesItOut) {
  const CountingSet data(10);
  EXPECT_EQ(all_batches(data, {.batch_size = 4, .shuffle = false}).size(), 2);
  const auto padded = all_batches(
      data, {.batch_size = 4, .shuffle = false, .drop_remainder = false});
  ASSERT_EQ(padded.size(), 3);
  EXPECT_EQ(padded[1].size, 4);
  EXPECT_EQ(padded[2].size, 2);
  EXPECT_EQ(padded[2].images, (std::vector<int>{8, 9, 0, 0}));
  EXPECT_EQ(padded[2].targets, (std::vector<int>{4, 4, 255, 255}));
  // One batch that not even one whole batch of samples fills.
  EXPECT_EQ(
      all_batches(data, {.batch_size = 16, .drop_remainder = false}).at(0).size,
      10);
}

TEST(Loader, RefusesTooFewSamples) {
  const CountingSet data(10);
  try {
    const Loader loader(data, {.batch_size = 11});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("10 samples"), std::string::npos);
  }
  EXPECT_THROW(Loader(CountingSet(0), {.batch_size = 1}), Error);
}

TEST(Loader, TellsTheErrorOfTheBatchItBelongsTo) {
  const CountingSet data(20, {13, 14});
  for (const int threads : {1, 4}) {
    SCOPED_TRACE(threads);
    Loader loader(data,
                  {.batch_size = 5, .shuffle = false, .threads = threads});
    Batch batch;
    EXPECT_TRUE(loader.next(batch));
    EXPECT_TRUE(loader.next(batch));
    try {
      loader.next(batch);
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "sample-13.png: truncated");
    }
    EXPECT_TRUE(loader.next(batch));
    EXPECT_EQ(batch.sample_ids[0], 1015);
    EXPECT_FALSE(loader.next(batch));
  }
}

TEST(Loader, ReplacesBadSamplesWhereAskedTo) {
  const CountingSet data(12, {3, 4, 11});
  std::vector<std::string> errors;
  const auto batches =
      all_batches(data, {.batch_size = 4,
                         .shuffle = false,
                         .threads = 3,
                         .on_bad_sample = [&](const std::string& error) {
                           errors.push_back(error);
                         }});
  EXPECT_EQ(ids_of(batches),
            (std::vector<std::uint32_t>{1000, 1001, 1002, 1005, 1005, 1005,
                                        1006, 1007, 1008, 1009, 1010, 1000}));
  // Number 4 is met as itself and in place of 3.
  std::ranges::sort(errors);
  EXPECT_EQ(errors, (std::vector<std::string>{
                        "sample-11.png: truncated", "sample-3.png: truncated",
                        "sample-4.png: truncated", "sample-4.png: truncated"}));
  const CountingSet none(2, {0, 1});
  EXPECT_THROW(all_batches(none, {.batch_size = 1,
                                  .on_bad_sample = [](const std::string&) {}}),
               Error);
}

TEST(Loader, AppliesTheTransformToEachSample) {
  const CountingSet data(24);
  LoaderOptions options{.batch_size = 6, .seed = 2, .epoch = 9};
  options.transform = [](const Tensor& image, const Tensor& mask,
                         std::uint32_t id, std::uint32_t epoch,
                         const Tensor& result) {
    EXPECT_EQ(image.spec(), (TensorSpec{{2, 3, 3}, DType::uint8}));
    EXPECT_EQ(result.spec(), (TensorSpec{{2, 3, 3}, DType::float32}));
    mask.values<std::uint8_t>()[0] = static_cast<std::uint8_t>(id % 7);
    for (std::size_t i = 0; i < 18; ++i) {
      result.values<float>()[i] =
          static_cast<float>(100 * epoch + image.values<std::uint8_t>()[i]);
    }
  };
  for (const int threads : {1, 3}) {
    options.threads = threads;
    for (const Seen& batch : all_batches(data, options)) {
      for (std::size_t row = 0; row < 6; ++row) {
        const std::int64_t index = batch.ids[row] - 1000;
        EXPECT_EQ(batch.images[row], 900 + CountingSet::value(index));
        EXPECT_EQ(batch.targets[row], static_cast<int>(batch.ids[row] % 7));
      }
    }
  }
}

TEST(Loader, ItsThreadsComputeAlone) {
  const int before = thread_count();
  set_thread_count(3);
  std::atomic<int> team = 0;
  LoaderOptions options{.batch_size = 6, .threads = 2};
  options.transform = [&](const Tensor&, const Tensor&, std::uint32_t,
                          std::uint32_t, const Tensor&) {
    if (thread_count() > 1) team = thread_count();
  };
  const CountingSet data(24);
  all_batches(data, options);
  EXPECT_EQ(team, 0);
  EXPECT_EQ(thread_count(), 3);
  set_thread_count(before);
}

TEST(Loader, ReusesItsMemory) {
  const CountingSet data(200);
  Loader loader(data, {.batch_size = 4, .prefetch = 2});
  Batch batch;
  std::set<const void*> places;
  while (loader.next(batch)) places.insert(batch.images.raw());
  EXPECT_EQ(places.size(), 3);
}

TEST(Loader, CanBeLeftAtAnyTime) {
  const CountingSet data(64);
  for (int steps = 0; steps < 8; ++steps) {
    Loader loader(data, {.batch_size = 4, .threads = 4});
    Batch batch;
    for (int i = 0; i < steps; ++i) EXPECT_TRUE(loader.next(batch));
  }
}

TEST(Loader, PartsTogetherAreTheBatches) {
  const CountingSet data(11);
  constexpr std::int64_t kRows = 2;
  for (const bool drop_remainder : {true, false}) {
    LoaderOptions options{
        .batch_size = 3 * kRows, .seed = 5, .drop_remainder = drop_remainder};
    const std::vector<Seen> whole = all_batches(data, options);
    std::vector<std::vector<Seen>> parts;
    for (std::int64_t index = 0; index < 3; ++index) {
      options.part = {.index = index, .count = 3};
      parts.push_back(all_batches(data, options));
    }
    for (std::size_t step = 0; step < whole.size(); ++step) {
      Seen joined{.epoch = whole[step].epoch};
      for (const auto& part : parts) {
        const Seen& seen = part.at(step);
        joined.ids.insert(joined.ids.end(), seen.ids.begin(), seen.ids.end());
        joined.images.insert(joined.images.end(), seen.images.begin(),
                             seen.images.end());
        joined.targets.insert(joined.targets.end(), seen.targets.begin(),
                              seen.targets.end());
        joined.size += seen.size;
      }
      EXPECT_EQ(joined, whole[step]) << step;
    }
  }
}

}  // namespace
}  // namespace lathe::train
