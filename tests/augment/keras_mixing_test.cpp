#include <gtest/gtest.h>

#include "augment/pipeline.h"
#include "tests/golden/golden_file.h"
#include "tests/support/compare.h"

namespace lathe::augment {
namespace {

constexpr std::size_t kSamples = 4;

/// The steps that operations mean by Keras' numbers and partners.
class KerasMixing : public ::testing::Test {
 protected:
  std::vector<MixStep> steps(const Augmentation& operation,
                             const std::vector<std::string>& numbers) const {
    const Shape& shape = images_.shape();
    std::vector<MixStep> result;
    for (std::size_t n = 0; n < kSamples; ++n) {
      std::vector<float> row{0};
      for (const std::string& name : numbers) {
        row.push_back(golden_.read(name).values<float>()[n]);
      }
      result.push_back(operation.effects()[0]->mix(
          row, {.height = shape[1], .width = shape[2]}, {.samples = kSamples}));
      result.back().partners[0] =
          golden_.read("partners").values<std::int32_t>()[n];
    }
    return result;
  }
  Tensor images_of(const std::vector<MixStep>& steps, Device device) const {
    Tensor output(images_.shape());
    mix(device, {.steps = steps.data()}, {images_, {}}, {output, {}});
    return output;
  }
  Tensor labels_of(const std::vector<MixStep>& steps) const {
    const Tensor labels = golden_.read("labels");
    Tensor output(labels.shape());
    const ImageSize size{.height = images_.shape()[1],
                         .width = images_.shape()[2]};
    std::vector<MixedParts> batch;
    for (std::int32_t n = 0; n < static_cast<std::int32_t>(kSamples); ++n) {
      batch.push_back(
          {{.sample = n, .right = size.width, .bottom = size.height}});
    }
    for (std::size_t n = 0; n < kSamples; ++n) {
      MixedParts parts;
      mix_parts(steps[n], static_cast<std::int64_t>(n), size, batch, parts);
      const auto to =
          output.rows(static_cast<std::int64_t>(n), 1).values<float>();
      for (const MixedPart& part : parts) {
        const auto row = labels.rows(part.sample, 1).values<float>();
        const float share = part.weight * static_cast<float>(part.pixels()) /
                            static_cast<float>(size.height * size.width);
        for (std::size_t c = 0; c < to.size(); ++c) to[c] += share * row[c];
      }
    }
    return output;
  }

  testing::GoldenFile golden_{"mixing.h5"};
  Tensor images_ = golden_.read("images");
};

// A product and a sum of numbers below 1: two roundings of 6e-8.
TEST_F(KerasMixing, MixUp) {
  const auto mixed = steps(RandomMixUp{}, {"weights"});
  for (const Device device : {Device::cpu, Device::reference}) {
    testing::expect_close(images_of(mixed, device),
                          golden_.read("mixup/images"), 0, 2e-7);
  }
  testing::expect_close(labels_of(mixed), golden_.read("mixup/labels"), 0,
                        2e-7);
}

// The same pixels. Keras' labels have the part of a rectangle between pixels:
// within one row and one column of the count.
TEST_F(KerasMixing, CutMix) {
  const auto mixed = steps(RandomCutMix{}, {"weights", "left", "top"});
  for (const Device device : {Device::cpu, Device::reference}) {
    testing::expect_identical(images_of(mixed, device),
                              golden_.read("cutmix/images"));
  }
  testing::expect_close(labels_of(mixed), golden_.read("cutmix/labels"), 0,
                        1.0 / 9 + 1.0 / 14);
}

}  // namespace
}  // namespace lathe::augment
