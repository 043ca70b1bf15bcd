// What holds of any pipeline, of every operation there is, with any options.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "augment/image_effect.h"
#include "augment/json.h"
#include "augment/parse.h"
#include "core/error.h"
#include "core/parallel.h"
#include "tests/support/compare.h"

namespace lathe::augment {
namespace {

constexpr std::int64_t kSamples = 4;
constexpr std::uint32_t kEpoch = 5;
constexpr std::uint8_t kFill = 255;

template <class T>
const T& among(const std::vector<T>& choices, Philox& random) {
  return choices[random.below(static_cast<std::uint32_t>(choices.size()))];
}

bool is_group(const std::string& name) {
  return std::set<std::string>{"one_of", "random_order", "sequence", "some_of"}
      .contains(name);
}

// A value of any kind of option; most options take only some.
std::string random_value(const std::string& option, Philox& random) {
  if (option == "fill_mode") {
    return among<std::string>(
        {"constant", "nearest", "reflect", "mirror", "wrap"}, random);
  }
  if (option == "interpolation") {
    return among<std::string>({"nearest", "bilinear", "bicubic"}, random);
  }
  return among<std::string>(
      {"0.3", "0.9", "0.1:0.6", "-0.2:0.4", "1", "3", "2:4", "9:10", "none",
       "true", "false", "horizontal"},
      random);
}

bool is_possible(const std::string& name, const OptionTexts& options,
                 const std::vector<Augmentation>& children) {
  try {
    augmentation_from(name, options, children);
  } catch (const Error&) {
    return false;
  }
  return true;
}

// One operation with the options that it took of those that were drawn. Windows
// are smaller than images are.
Augmentation random_operation(const std::string& name, Philox& random,
                              int depth) {
  std::vector<Augmentation> children;
  OptionTexts options;
  if (is_group(name)) {
    const std::vector<std::string> names = known_names();
    // A child that changes extents may leave no room for others.
    for (int tries = 3 + static_cast<int>(random.below(6));
         tries > 0 || children.empty(); --tries) {
      const std::string& child = among(names, random);
      if (children.size() == 3 || (depth == 0 && is_group(child))) continue;
      std::vector<Augmentation> more = children;
      more.push_back(random_operation(child, random, depth - 1));
      if (is_possible(name, {}, more)) children = more;
    }
  } else {
    for (const auto& [option, value] : augmentation_from(name, {}).options()) {
      OptionTexts more = options;
      const bool window = option == "size" && value == "224";
      more[option] = window ? "9:10" : random_value(option, random);
      const bool changed = window || random.below(2) == 0;
      if (changed && is_possible(name, more, {})) options = more;
    }
  }
  return augmentation_from(name, options, children);
}

struct Case {
  std::uint64_t seed;
  Pipeline pipeline;
  std::vector<std::uint32_t> ids;
  Targets input;
  std::vector<Annotations> annotations;

  ImageSize size() const {
    return {.height = input.images.shape()[1],
            .width = input.images.shape()[2]};
  }
};

Case random_case(const std::string& name, Philox& random) {
  std::vector<Augmentation> operations{random_operation(name, random, 1)};
  for (std::uint32_t more = random.below(3); more > 0; --more) {
    operations.push_back(
        random_operation(among(known_names(), random), random, 1));
  }
  const bool exact = random.below(2) == 0;
  const bool square = random.below(2) == 0;
  const std::int64_t height = square ? 15 : 12;
  const std::int64_t width = square ? 15 : 17;
  Case result{
      .seed = random.next(),
      .pipeline = Pipeline(std::move(operations),
                           {.fusion = exact ? Fusion::exact : Fusion::single,
                            .mask_fill_value = kFill}),
      .ids = {3, random.next(), 3, random.next()},
      .input = {.images = Tensor({kSamples, height, width, 3}, DType::uint8),
                .masks = Tensor({kSamples, height, width, 1}, DType::uint8)},
      .annotations = std::vector<Annotations>(kSamples)};
  for (auto& value : result.input.images.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.below(256));
  }
  for (auto& value : result.input.masks.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.below(2) == 0 ? 7 : 200);
  }
  for (Annotations& each : result.annotations) {
    const float x = random.uniform(0, 8);
    each = {.boxes = {{.x0 = x, .y0 = 2, .x1 = x + 3, .y1 = 9}},
            .keypoints = {{.x = x + 1, .y = 5}}};
  }
  return result;
}

// Samples [first, first + count) as a batch of their own.
Targets applied(const Case& of, std::int64_t first, std::int64_t count,
                int threads, Workspace& workspace) {
  set_thread_count(threads);
  const ImageSize size = of.pipeline.output_size(of.size());
  const Targets output{
      .images = Tensor({count, size.height, size.width, 3}),
      .masks = Tensor({count, size.height, size.width, 1}, DType::uint8)};
  const auto from = static_cast<std::size_t>(first);
  const auto samples = static_cast<std::size_t>(count);
  of.pipeline.apply(
      {.images = of.input.images.rows(first, count),
       .masks = of.input.masks.rows(first, count)},
      {.seed = of.seed,
       .epoch = kEpoch,
       .sample_ids = std::span(of.ids).subspan(from, samples),
       .annotations = std::span(of.annotations).subspan(from, samples)},
      {.images = output.images, .masks = output.masks, .scale = 1}, workspace);
  return output;
}

// What a model makes of the bytes as floats; nothing where it refuses.
Tensor in_model(const Case& of, const Shape& output) {
  std::shared_ptr<const ImageEffect> effect;
  try {
    effect = effect_of(of.pipeline, {0, 255});
  } catch (const Error&) {
    return {};
  }
  const Tensor images(of.input.images.shape());
  std::ranges::copy(of.input.images.values<std::uint8_t>(),
                    images.data<float>());
  std::vector<std::int64_t> draw{static_cast<std::int64_t>(of.seed), kEpoch};
  draw.insert(draw.end(), of.ids.begin(), of.ids.end());
  const Tensor result(output);
  const Tensor workspace(
      {static_cast<std::int64_t>(effect->workspace_bytes(images.shape()))},
      DType::uint8);
  effect->apply(Device::cpu, images, draw.data(), result, workspace.raw());
  return result;
}

void expect_same(const Annotations& actual, const Annotations& expected) {
  ASSERT_EQ(actual.boxes.size(), expected.boxes.size());
  for (std::size_t i = 0; i < actual.boxes.size(); ++i) {
    EXPECT_EQ(actual.boxes[i].x0, expected.boxes[i].x0);
    EXPECT_EQ(actual.boxes[i].y1, expected.boxes[i].y1);
    EXPECT_EQ(actual.boxes[i].visible, expected.boxes[i].visible);
  }
  EXPECT_EQ(actual.keypoints[0].x, expected.keypoints[0].x);
  EXPECT_EQ(actual.keypoints[0].visibility, expected.keypoints[0].visibility);
}

// What mixes depends on the batch; all else on the sample alone.
void check_alone(const Case& of, const Targets& batch, Workspace& workspace) {
  std::vector<Annotations> followed = of.annotations;
  of.pipeline.follow(followed,
                     {.seed = of.seed, .epoch = kEpoch, .sample_ids = of.ids},
                     of.size());
  for (std::int64_t n = 0; n < kSamples; ++n) {
    const Targets alone = applied(of, n, 1, 2, workspace);
    testing::expect_identical(alone.images, batch.images.rows(n, 1));
    testing::expect_identical(alone.masks, batch.masks.rows(n, 1));
    const auto i = static_cast<std::size_t>(n);
    Annotations one = of.annotations[i];
    of.pipeline.follow({&one, 1},
                       {.seed = of.seed,
                        .epoch = kEpoch,
                        .sample_ids = std::span(of.ids).subspan(i, 1)},
                       of.size());
    expect_same(one, followed[i]);
  }
  // Others beside it, at another place.
  const Targets last = applied(of, 2, 2, 1, workspace);
  testing::expect_identical(last.images, batch.images.rows(2, 2));
  testing::expect_identical(last.masks, batch.masks.rows(2, 2));
}

// Some refuse images that aren't square or smaller than a window, and some each
// other's results.
bool refuses(const Case& of, Workspace& workspace) {
  try {
    applied(of, 0, kSamples, 1, workspace);
  } catch (const Error&) {
    return true;
  }
  return false;
}

class RandomPipelines : public ::testing::Test {
 protected:
  ~RandomPipelines() override { set_thread_count(threads_); }

  // Two pipelines with each operation in them.
  template <class Body>
  void each(const Body& body) {
    const std::uint64_t seed = std::random_device{}();
    Philox random({.seed = seed});
    for (int round = 0; round < 2; ++round) {
      for (const std::string& name : known_names()) {
        const Case one = random_case(name, random);
        SCOPED_TRACE(concat("seed ", seed, ", ", to_text(one.pipeline)));
        body(one);
      }
    }
  }

 private:
  int threads_ = thread_count();
};

// As loader, step and model take them: each sample alone, the batch on some
// threads in memory that was used before, and bytes as floats.
TEST_F(RandomPipelines, GiveASampleTheSameEverywhere) {
  Workspace workspace;
  std::size_t made = 0;
  std::size_t in_models = 0;
  each([&](const Case& one) {
    if (refuses(one, workspace)) return;
    ++made;
    const Targets batch = applied(one, 0, kSamples, 1, workspace);
    for (const int threads : {2, 7}) {
      const Targets again = applied(one, 0, kSamples, threads, workspace);
      testing::expect_identical(again.images, batch.images);
      testing::expect_identical(again.masks, batch.masks);
    }
    if (!one.pipeline.needs_masks()) {
      const Tensor images = in_model(one, batch.images.shape());
      if (!images.empty()) {
        ++in_models;
        testing::expect_identical(images, batch.images);
      }
    }
    if (!one.pipeline.mixes()) check_alone(one, batch, workspace);
  });
  EXPECT_GT(made, known_names().size());
  EXPECT_GT(in_models, made / 2);
}

TEST_F(RandomPipelines, GiveMasksNoNewValues) {
  Workspace workspace;
  each([&](const Case& one) {
    if (refuses(one, workspace)) return;
    const Targets batch = applied(one, 0, kSamples, 2, workspace);
    for (const std::uint8_t value : batch.masks.values<std::uint8_t>()) {
      ASSERT_TRUE(value == 7 || value == 200 || value == kFill) << int{value};
    }
  });
}

TEST_F(RandomPipelines, ComeBackFromTextAndJson) {
  each([&](const Case& one) {
    const std::string text = to_text(one.pipeline);
    const PipelineOptions options = one.pipeline.options();
    const Pipeline read = parse(text, options);
    const Pipeline again = from_json(to_json(one.pipeline).dump(), options);
    EXPECT_EQ(to_text(read), text);
    EXPECT_EQ(to_text(again), text);
    EXPECT_EQ(to_json(read), to_json(one.pipeline));
    const std::string seen = one.pipeline.replay(one.seed, kEpoch, 9);
    EXPECT_EQ(read.replay(one.seed, kEpoch, 9), seen);
    EXPECT_EQ(again.replay(one.seed, kEpoch, 9), seen);
  });
}

}  // namespace
}  // namespace lathe::augment
