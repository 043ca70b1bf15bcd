#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/image/write_image.h"
#include "tests/support/temporary_folder.h"
#include "train/data/classified_set.h"

namespace lathe::train {

// A folder to be filled with small pictures of one value each.
class ClassifiedFilesTest : public ::testing::Test {
 protected:
  void add_image(const std::string& name, std::uint8_t value = 0) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    const Tensor image({7, 5, 3}, DType::uint8);
    std::ranges::fill(image.values<std::uint8_t>(), value);
    image::write_png(path, image);
  }
  void add_text(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    lathe::testing::write_bytes(path, text);
  }
  std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }

  lathe::testing::TemporaryFolder folder_;
};

/// What `make` throws; nothing where it throws nothing.
template <class Make>
std::string error_of(const Make& make) {
  try {
    make();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// A sample's value, that of all its bytes, and its class.
inline std::pair<int, int> sample(const Dataset& data, std::int64_t index) {
  const Tensor image(data.image_spec().shape, data.image_spec().dtype);
  const Tensor target(data.target_spec().shape, data.target_spec().dtype);
  data.read(index, image, target);
  const auto bytes = image.values<std::uint8_t>();
  EXPECT_TRUE(std::ranges::all_of(
      bytes, [&](std::uint8_t byte) { return byte == bytes[0]; }));
  return {bytes[0], target.values<std::int32_t>()[0]};
}

}  // namespace lathe::train
