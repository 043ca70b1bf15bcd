#include "train/data/sample_cache.h"

#include <gtest/gtest.h>

#include "tests/train/data/counting_set.h"
#include "train/data/loader.h"

namespace lathe::train {
namespace {

constexpr std::size_t kSampleBytes = 2 * 3 * 3 + 2 * 3;

void expect_samples(const Dataset& data) {
  const Tensor image(data.image_spec().shape, DType::uint8);
  const Tensor mask(data.target_spec().shape, DType::uint8);
  for (std::int64_t i = 0; i < data.size(); ++i) {
    data.read(i, image, mask);
    for (const std::uint8_t byte : image.values<std::uint8_t>()) {
      ASSERT_EQ(byte, CountingSet::value(i));
    }
    for (const std::uint8_t byte : mask.values<std::uint8_t>()) {
      ASSERT_EQ(byte, CountingSet::value(i) / 2);
    }
  }
}

TEST(SampleCache, ReadsEachSampleOnce) {
  const auto source = std::make_shared<CountingSet>(40);
  const SampleCache cache(source, 1 << 20);
  EXPECT_EQ(cache.capacity(), 40);
  EXPECT_EQ(cache.bytes(), 40 * kSampleBytes);
  for (int round = 0; round < 3; ++round) expect_samples(cache);
  for (std::int64_t i = 0; i < 40; ++i) EXPECT_EQ(source->reads(i), 1);
  EXPECT_EQ(cache.sample_id(7), 1007);
}

TEST(SampleCache, KeepsWhatTheBudgetHolds) {
  const auto source = std::make_shared<CountingSet>(40);
  const SampleCache cache(source, 10 * kSampleBytes + 5);
  EXPECT_EQ(cache.capacity(), 10);
  for (int round = 0; round < 2; ++round) expect_samples(cache);
  for (std::int64_t i = 0; i < 40; ++i) {
    EXPECT_EQ(source->reads(i), i < 10 ? 1 : 2);
  }
  const SampleCache nothing(source, 0);
  EXPECT_EQ(nothing.capacity(), 0);
  expect_samples(nothing);
}

TEST(SampleCache, BadSamplesStayBad) {
  const SampleCache cache(
      std::make_shared<CountingSet>(3, std::set<std::int64_t>{1}), 1 << 20);
  const Tensor image(cache.image_spec().shape, DType::uint8);
  const Tensor mask(cache.target_spec().shape, DType::uint8);
  for (int round = 0; round < 2; ++round) {
    EXPECT_THROW(cache.read(1, image, mask), Error);
  }
}

TEST(SampleCache, IsSafeAmongLoadersAtTheSameTime) {
  const auto source = std::make_shared<CountingSet>(50);
  const SampleCache cache(source, 1 << 20);
  Loader first(cache, {.batch_size = 5, .seed = 1, .threads = 3});
  Loader second(cache, {.batch_size = 5, .seed = 2, .threads = 3});
  Batch one;
  Batch other;
  while (first.next(one) && second.next(other)) {
    for (const Batch* batch : {&one, &other}) {
      for (std::size_t row = 0; row < 5; ++row) {
        const auto image =
            batch->images.rows(static_cast<std::int64_t>(row), 1);
        ASSERT_EQ(image.values<std::uint8_t>()[17],
                  CountingSet::value(batch->sample_ids[row] - 1000));
      }
    }
  }
  expect_samples(cache);
}

TEST(SampleCache, AutomaticBudgetIsSomething) {
  EXPECT_GT(SampleCache::automatic_budget(), std::size_t{1} << 20);
}

TEST(Split, PartsAreDisjointAndWhole) {
  const auto data = std::make_shared<CountingSet>(50);
  const Split parts = split(data, 0.1, 3);
  EXPECT_EQ(parts.validation->size(), 5);
  EXPECT_EQ(parts.train->size(), 45);
  std::set<std::uint32_t> ids;
  for (const auto& part : {parts.train, parts.validation}) {
    for (std::int64_t i = 0; i < part->size(); ++i) {
      ids.insert(part->sample_id(i));
    }
  }
  EXPECT_EQ(ids.size(), 50);
  const auto validation_ids = [&](std::uint64_t seed) {
    const Split other = split(data, 0.1, seed);
    std::vector<std::uint32_t> result;
    for (std::int64_t i = 0; i < 5; ++i) {
      result.push_back(other.validation->sample_id(i));
    }
    return result;
  };
  EXPECT_EQ(validation_ids(3), validation_ids(3));
  EXPECT_NE(validation_ids(3), validation_ids(4));
  EXPECT_EQ(split(data, 0.001, 0).validation->size(), 1);
  EXPECT_EQ(split(data, 0, 0).validation->size(), 0);
  EXPECT_THROW(split(data, 1, 0), Error);
}

}  // namespace
}  // namespace lathe::train
