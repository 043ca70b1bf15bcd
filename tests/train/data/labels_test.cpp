#include "train/data/labels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "core/error.h"
#include "train/data/loader.h"
#include "train/data/sample_cache.h"

namespace lathe::train {
namespace {

using Labels = std::vector<std::int32_t>;

// Samples whose image is their number.
class LabelledSet : public Dataset {
 public:
  explicit LabelledSet(Labels labels) : labels_(std::move(labels)) {}

  std::int64_t size() const override {
    return static_cast<std::int64_t>(labels_.size());
  }
  TensorSpec image_spec() const override { return {{1, 2, 3}, DType::uint8}; }
  TensorSpec target_spec() const override { return {{1}, DType::int32}; }
  void read(std::int64_t index, const Tensor& image,
            const Tensor& target) const override {
    std::ranges::fill(image.values<std::uint8_t>(),
                      static_cast<std::uint8_t>(index));
    target.values<std::int32_t>()[0] = label(index);
  }
  std::int32_t label(std::int64_t index) const override {
    return labels_[static_cast<std::size_t>(index)];
  }

 private:
  Labels labels_;
};

std::shared_ptr<LabelledSet> set_of(const std::map<int, int>& counts) {
  Labels labels;
  for (const auto& [label, count] : counts) {
    labels.insert(labels.end(), static_cast<std::size_t>(count), label);
  }
  std::ranges::shuffle(labels, std::mt19937(7));
  return std::make_shared<LabelledSet>(labels);
}

std::map<int, int> counts_of(const Dataset& data) {
  std::map<int, int> counts;
  for (const std::int32_t label : labels_of(data)) ++counts[label];
  return counts;
}

std::vector<std::uint32_t> ids_of(const Dataset& data) {
  std::vector<std::uint32_t> ids;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    ids.push_back(data.sample_id(i));
  }
  return ids;
}

TEST(Labels, AreKnownThroughPartsAndCaches) {
  const auto whole = std::make_shared<LabelledSet>(Labels{4, 5, 6, 7});
  const auto part =
      std::make_shared<Subset>(whole, std::vector<std::int64_t>{3, 1});
  EXPECT_EQ(labels_of(*part), (Labels{7, 5}));
  EXPECT_EQ(labels_of(SampleCache(part, 1 << 20)), (Labels{7, 5}));
}

TEST(Labels, BalancedWeightsMakeClassesWeighTheSame) {
  EXPECT_EQ(balanced_class_weights({0, 0, 0, 1, 2, 2}, 3),
            (std::vector<float>{6.0F / 9, 2, 1}));
  EXPECT_EQ(balanced_class_weights({1, 1, -1}, 2),
            (std::vector<float>{0, 0.5F}));
  EXPECT_THROW(balanced_class_weights({0, 3}, 3), Error);
  EXPECT_THROW(balanced_class_weights({-2}, 3), Error);
  EXPECT_EQ(balanced_class_weights({30, 10, 0}),
            (std::vector<float>{40.0F / 90, 40.0F / 30, 0}));
}

TEST(Labels, FirstOfEachClassTakesTurns) {
  const Labels labels{0, 0, 0, 1, 2, 2, 1};
  using Indices = std::vector<std::int64_t>;
  EXPECT_EQ(first_of_each_class(labels, 2), (Indices{0, 3}));
  EXPECT_EQ(first_of_each_class(labels, 4), (Indices{0, 1, 3, 4}));
  EXPECT_EQ(first_of_each_class(labels, 6), (Indices{0, 1, 3, 4, 5, 6}));
  EXPECT_EQ(first_of_each_class(labels, 9).size(), 7);
}

TEST(StratifiedSplit, KeepsEachClassesShare) {
  const auto data = set_of({{0, 100}, {1, 50}, {2, 4}, {3, 2}, {5, 1}});
  const Split parts = stratified_split(data, 0.2, 3);
  EXPECT_EQ(counts_of(*parts.validation),
            (std::map<int, int>{{0, 20}, {1, 10}, {2, 1}, {3, 1}}));
  EXPECT_EQ(counts_of(*parts.train),
            (std::map<int, int>{{0, 80}, {1, 40}, {2, 3}, {3, 1}, {5, 1}}));
  // Never all of a class.
  EXPECT_EQ(counts_of(*stratified_split(data, 0.99, 3).train),
            (std::map<int, int>{{0, 1}, {1, 1}, {2, 1}, {3, 1}, {5, 1}}));
  EXPECT_EQ(stratified_split(data, 0, 3).validation->size(), 0);
}

TEST(StratifiedSplit, PartsAreDisjointWholeInOrderAndOfTheSeed) {
  const auto data = set_of({{0, 30}, {1, 10}});
  const Split parts = stratified_split(data, 0.1, 3);
  const auto train = ids_of(*parts.train);
  const auto validation = ids_of(*parts.validation);
  EXPECT_TRUE(std::ranges::is_sorted(train));
  EXPECT_TRUE(std::ranges::is_sorted(validation));
  std::set<std::uint32_t> ids(train.begin(), train.end());
  ids.insert(validation.begin(), validation.end());
  EXPECT_EQ(ids.size(), 40);
  EXPECT_EQ(validation.size(), 4);
  EXPECT_EQ(ids_of(*stratified_split(data, 0.1, 3).validation), validation);
  EXPECT_NE(ids_of(*stratified_split(data, 0.1, 4).validation), validation);
}

TEST(StratifiedSplit, RefusesWhatCantBeSplit) {
  const auto message = [](const std::shared_ptr<Dataset>& data,
                          double fraction) -> std::string {
    try {
      stratified_split(data, fraction, 0);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const auto single = set_of({{0, 1}, {1, 1}});
  EXPECT_NE(message(single, 0.5).find("no class has two"), std::string::npos);
  EXPECT_EQ(message(single, 0), "");
  EXPECT_NE(message(single, 1).find("1 of each class"), std::string::npos);
  EXPECT_NE(message(single, -0.1).find("-0.1"), std::string::npos);
  EXPECT_NE(message(set_of({{-1, 3}}), 0.5).find("has no class"),
            std::string::npos);
}

TEST(Labels, TravelThroughCacheAndLoader) {
  Labels labels(22);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    // Beyond what a byte holds.
    labels[i] = static_cast<std::int32_t>(1000 * i);
  }
  const auto source = std::make_shared<LabelledSet>(labels);
  const SampleCache cache(source, 1 << 20);
  EXPECT_EQ(cache.bytes(), 22 * (6 + 4));
  for (const int threads : {1, 3}) {
    for (const std::uint32_t epoch : {0, 1}) {
      Loader loader(cache, {.batch_size = 8,
                            .seed = 5,
                            .epoch = epoch,
                            .drop_remainder = false,
                            .threads = threads});
      Batch batch;
      std::set<std::uint32_t> seen;
      while (loader.next(batch)) {
        ASSERT_EQ(batch.targets.spec(), (TensorSpec{{8, 1}, DType::int32}));
        for (std::int64_t row = 0; row < 8; ++row) {
          const auto at = static_cast<std::size_t>(row);
          const std::int32_t label = batch.targets.values<std::int32_t>()[at];
          if (row >= batch.size) {
            EXPECT_EQ(label, -1) << "padding counts for nothing";
            continue;
          }
          const std::uint32_t id = batch.sample_ids[at];
          EXPECT_EQ(label, 1000 * id);
          EXPECT_EQ(batch.images.rows(row, 1).values<std::uint8_t>()[5], id);
          seen.insert(id);
        }
      }
      EXPECT_EQ(seen.size(), 22);
    }
  }
}

}  // namespace
}  // namespace lathe::train
