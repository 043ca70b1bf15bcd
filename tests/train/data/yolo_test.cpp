#include "train/data/yolo.h"

#include "tests/train/data/annotated_files.h"

namespace lathe::train {
namespace {

class YoloTest : public AnnotatedFilesTest {
 protected:
  // Of 40 x 20 pixels, with three classes.
  std::vector<AnnotatedImage> read(const std::string& text) const {
    std::vector<AnnotatedImage> images{
        {.file_name = "photos/a.jpg", .size = {20, 40}, .annotations = {}},
        {.file_name = "photos/b.jpg", .size = {20, 40}, .annotations = {}}};
    add_text("a.txt", text);
    read_yolo(folder_.path(), 3, images);
    return images;
  }
  std::string error(const std::string& text) const {
    return error_in("a.txt", [&] { read(text); });
  }
};

TEST_F(YoloTest, ReadsBoxesAndKeypoints) {
  const auto images =
      read("2 0.5 0.25 0.25 0.5\r\n\n0 0.5 0.5 1 1 0.25 0.75 2 0 0 0\n");
  EXPECT_TRUE(images[1].annotations.boxes.empty());
  const auto& [boxes, keypoints] = images[0].annotations;
  ASSERT_EQ(boxes.size(), 2U);
  expect_box(boxes[0], {15, 0, 25, 10}, 2);
  expect_box(boxes[1], {0, 0, 40, 20}, 0);
  ASSERT_EQ(keypoints.size(), 2U);
  expect_keypoint(keypoints[0], 10, 15, 2, 1);
  expect_keypoint(keypoints[1], 0, 0, 0, 1);
}

TEST_F(YoloTest, ReadsWhatItWrote) {
  auto images = read("1 0.5 0.3 0.2 0.5\n0 0.5 0.5 1 1 0.25 0.75 2 0 0 0\n");
  images[0].annotations.boxes.push_back({.class_id = 2, .valid = false});
  write_yolo(folder_.path(), images);
  std::vector<AnnotatedImage> again = images;
  for (AnnotatedImage& image : again) image.annotations = {};
  read_yolo(folder_.path(), 3, again);
  EXPECT_TRUE(again[1].annotations.boxes.empty());
  const auto& [boxes, keypoints] = again[0].annotations;
  ASSERT_EQ(boxes.size(), 2U);  // but the invalid one
  for (std::size_t i = 0; i < 2; ++i) {
    const augment::Box& old = images[0].annotations.boxes[i];
    expect_box(boxes[i], {old.x0, old.y0, old.x1, old.y1}, old.class_id);
  }
  ASSERT_EQ(keypoints.size(), 2U);
  expect_keypoint(keypoints[0], 10, 15, 2, 1);
}

TEST_F(YoloTest, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error("1 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1\n"),
            "line 2: has 4 numbers; class, middle, width and height, then x, y "
            "and visibility of each keypoint, would be right");
  EXPECT_EQ(error("1 0.5 0.5 0.1 0.1 0.3 0.4"),
            "line 1: has 7 numbers; class, middle, width and height, then x, y "
            "and visibility of each keypoint, would be right");
  EXPECT_EQ(error("1 0.5 0.5 0.1 x"), "line 1: 'x' is not a number");
  EXPECT_EQ(error("1 0.5 0.5 0.1 nan"), "line 1: 'nan' is not a number");
  EXPECT_EQ(error("3 0.5 0.5 0.1 0.1"),
            "line 1: the class is 3; there are 0 to 2");
  EXPECT_EQ(error("0.5 0.5 0.5 0.1 0.1"),
            "line 1: the class is 0.5; there are 0 to 2");
  EXPECT_EQ(error("0 0.5 0.5 12 0.1"),
            "line 1: the width is 12; a part of the image, from 0 to 1, would "
            "be right");
  EXPECT_EQ(error("0 0.5 0.5 0.1 0.1 0.5 0.5 0.5"),
            "line 1: a keypoint's visibility is 0.5; 0, 1 or 2 would be right");
  std::vector<AnnotatedImage> images;
  EXPECT_EQ(
      error_in("absent", [&] { read_yolo(folder_ / "absent", 3, images); }),
      "is no folder of labels");
}

}  // namespace
}  // namespace lathe::train
