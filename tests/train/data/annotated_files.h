#pragma once

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"
#include "train/data/annotated_image.h"

namespace lathe::train {

/// A folder for files of annotations.
class AnnotatedFilesTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const {
    return (folder_ / name).string();
  }
  void add_text(const std::string& name, const std::string& text) const {
    testing::write_bytes(folder_ / name, text);
  }

  // What f() refuses, without the name of the file, with which it must begin.
  template <class F>
  std::string error_in(const std::string& file, F&& f) const {
    try {
      f();
    } catch (const Error& error) {
      const std::string whole = error.what();
      const std::string start = path(file) + ": ";
      EXPECT_TRUE(whole.starts_with(start)) << whole;
      return whole.substr(std::min(start.size(), whole.size()));
    }
    return "nothing was refused";
  }

  static void expect_box(const augment::Box& box,
                         const std::array<float, 4>& edges,
                         std::int32_t class_id, bool valid = true) {
    EXPECT_FLOAT_EQ(box.x0, edges[0]);
    EXPECT_FLOAT_EQ(box.y0, edges[1]);
    EXPECT_FLOAT_EQ(box.x1, edges[2]);
    EXPECT_FLOAT_EQ(box.y1, edges[3]);
    EXPECT_EQ(box.class_id, class_id);
    EXPECT_EQ(box.valid, valid);
  }
  static void expect_keypoint(const augment::Keypoint& keypoint, float x,
                              float y, int visibility, std::int32_t box) {
    EXPECT_FLOAT_EQ(keypoint.x, x);
    EXPECT_FLOAT_EQ(keypoint.y, y);
    EXPECT_EQ(static_cast<int>(keypoint.visibility), visibility);
    EXPECT_EQ(keypoint.box, box);
  }

  testing::TemporaryFolder folder_;
};

}  // namespace lathe::train
