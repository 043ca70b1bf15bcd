// Draws of random pipelines, of every operation there is.

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "augment/parse.h"
#include "core/error.h"
#include "core/parallel.h"
#include "tests/support/compare.h"

namespace lathe::augment {
namespace {

constexpr std::int64_t kSamples = 4;
constexpr std::int64_t kSide = 24;
constexpr const char* kWindow = "=20";

// Four operations with what they are by themselves; groups have none, and
// windows fit into the image.
Pipeline random_pipeline(Philox& random) {
  const std::set<std::string> groups{"one_of", "random_order", "sequence",
                                     "some_of"};
  const std::set<std::string> windows{"center_crop", "crop", "letterbox", "pad",
                                      "resize"};
  const std::vector<std::string> names = known_names();
  std::vector<Augmentation> operations;
  while (operations.size() < 4) {
    const std::string& name =
        names[random.below(static_cast<std::uint32_t>(names.size()))];
    if (!groups.contains(name)) {
      const std::string text = name + (windows.contains(name) ? kWindow : "");
      operations.push_back(parse(text).augmentations()[0]);
    }
  }
  const bool exact = random.below(2) == 0;
  return Pipeline(std::move(operations),
                  {.fusion = exact ? Fusion::exact : Fusion::single});
}

Tensor drawn(const Pipeline& pipeline, std::uint64_t seed,
             std::span<const std::uint32_t> ids) {
  Tensor table({static_cast<std::int64_t>(ids.size()), pipeline.row_length()});
  pipeline.draw({.seed = seed, .epoch = 5, .sample_ids = ids}, table);
  return table;
}

TEST(Draws, AreTheSameAloneAndInAnyBatch) {
  const std::uint64_t seed = std::random_device{}();
  Philox random({.seed = seed});
  for (int i = 0; i < 30; ++i) {
    const Pipeline pipeline = random_pipeline(random);
    SCOPED_TRACE(concat("seed ", seed, ", ", to_text(pipeline)));
    const std::vector<std::uint32_t> ids{random.next(), 3, random.next(), 3};
    const Tensor batch = drawn(pipeline, seed, ids);
    for (std::size_t n = 0; n < ids.size(); ++n) {
      testing::expect_identical(drawn(pipeline, seed, {&ids[n], 1}),
                                batch.rows(static_cast<std::int64_t>(n), 1));
    }
    testing::expect_identical(batch.rows(3, 1), batch.rows(1, 1));
  }
}

TEST(Draws, GiveTheSamePixelsAloneInAnyBatchAndOnAnyThreads) {
  const std::uint64_t seed = std::random_device{}();
  Philox random({.seed = seed});
  const int threads = thread_count();
  const Tensor images({kSamples, kSide, kSide, 3}, DType::uint8);
  for (auto& value : images.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.below(256));
  }
  const Tensor masks({kSamples, kSide, kSide, 1}, DType::uint8);
  for (auto& value : masks.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.below(3));
  }
  for (int i = 0; i < 30; ++i) {
    const Pipeline pipeline = random_pipeline(random);
    SCOPED_TRACE(concat("seed ", seed, ", ", to_text(pipeline)));
    const std::vector<std::uint32_t> ids{1, random.next(), 8, random.next()};
    const ImageSize size =
        pipeline.output_size({.height = kSide, .width = kSide});
    const auto applied = [&](std::int64_t first, std::int64_t count,
                             int thread_number) -> Targets {
      set_thread_count(thread_number);
      const Targets output{
          .images = Tensor({count, size.height, size.width, 3}),
          .masks = Tensor({count, size.height, size.width, 1}, DType::uint8)};
      const std::vector<Annotations> annotations(
          static_cast<std::size_t>(count));
      pipeline.apply({.images = images.rows(first, count),
                      .masks = masks.rows(first, count)},
                     {.seed = seed,
                      .epoch = 5,
                      .sample_ids = std::span(ids).subspan(
                          static_cast<std::size_t>(first),
                          static_cast<std::size_t>(count)),
                      .annotations = annotations},
                     {.images = output.images, .masks = output.masks});
      return output;
    };
    const Targets batch = applied(0, kSamples, 1);
    const Targets again = applied(0, kSamples, 3);
    testing::expect_identical(again.images, batch.images);
    testing::expect_identical(again.masks, batch.masks);
    // What mixes depends on the batch.
    for (std::int64_t n = 0; n < kSamples && !pipeline.mixes(); ++n) {
      const Targets alone = applied(n, 1, 2);
      testing::expect_identical(alone.images, batch.images.rows(n, 1));
      testing::expect_identical(alone.masks, batch.masks.rows(n, 1));
    }
  }
  set_thread_count(threads);
}

}  // namespace
}  // namespace lathe::augment
