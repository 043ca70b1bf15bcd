#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "core/image/write_image.h"
#include "tests/support/temporary_folder.h"
#include "train/data/scenes.h"

namespace lathe::testing {

/// Six scenes of 40 x 48 pixels with masks of 0 and 255.
class Segmentation : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(images());
    std::filesystem::create_directories(masks());
    for (std::uint32_t i = 0; i < 6; ++i) {
      const Tensor image({40, 48, 3}, DType::uint8);
      const Tensor mask({40, 48, 1}, DType::uint8);
      train::draw_scene(1, i, image, mask);
      for (auto& value : mask.values<std::uint8_t>()) value *= 255;
      const std::string name = "photo " + std::to_string(i) + ".png";
      image::write_png(images() / name, image);
      image::write_png(masks() / name, mask);
    }
  }
  std::filesystem::path images() const { return folder_.path() / "images"; }
  std::filesystem::path masks() const { return folder_.path() / "masks"; }
  std::filesystem::path output() const { return folder_.path() / "run"; }
  std::string train(const std::string& options) const {
    return "train_segmentation --data '" + folder_.path().string() +
           "' --size 32 --batch 2 --val-fraction 0.3 --output '" +
           output().string() + "' --checkpoint model.keras --epochs 2 " +
           options;
  }

  TemporaryFolder folder_;
};

}  // namespace lathe::testing
