#include "train/data/coco.h"

#include "tests/train/data/annotated_files.h"

namespace lathe::train {
namespace {

class CocoTest : public AnnotatedFilesTest {
 protected:
  AnnotatedImages read(const std::string& text) const {
    add_text("coco.json", text);
    return read_coco(folder_ / "coco.json");
  }
  std::string error(const std::string& text) const {
    return error_in("coco.json", [&] { read(text); });
  }
  // One image of 40 x 20 pixels, categories 7 and 3, and these annotations.
  static std::string with(const std::string& annotations) {
    return R"({"images":[{"id":5,"file_name":"a.jpg","width":40,"height":20}],
               "categories":[{"id":7,"name":"dog"},{"id":3,"name":"person"}],
               "annotations":[)" +
           annotations + "]}";
  }
};

TEST_F(CocoTest, ReadsBoxesAndKeypoints) {
  const AnnotatedImages all = read(with(
      R"({"id":1,"image_id":5,"category_id":7,"bbox":[1,2.5,10,4],"iscrowd":0},
         {"id":2,"image_id":5,"category_id":3,"bbox":[0,0,40,20],
          "keypoints":[10,5,2, 3,4,1, 0,0,0]},
         {"id":3,"image_id":5,"category_id":3,"bbox":[1,1,5,5],"iscrowd":1},
         {"id":4,"image_id":5,"category_id":3,"bbox":[1,1,0,5]})"));
  EXPECT_EQ(all.class_names, (std::vector<std::string>{"person", "dog"}));
  ASSERT_EQ(all.images.size(), 1U);
  EXPECT_EQ(all.images[0].file_name, "a.jpg");
  EXPECT_EQ(all.images[0].size.width, 40);
  EXPECT_EQ(all.images[0].size.height, 20);
  const auto& [boxes, keypoints] = all.images[0].annotations;
  ASSERT_EQ(boxes.size(), 4U);
  expect_box(boxes[0], {1, 2.5F, 11, 6.5F}, 1);
  expect_box(boxes[1], {0, 0, 40, 20}, 0);
  expect_box(boxes[2], {1, 1, 6, 6}, 0, false);
  expect_box(boxes[3], {1, 1, 1, 6}, 0, false);
  ASSERT_EQ(keypoints.size(), 3U);
  expect_keypoint(keypoints[0], 10.5F, 5.5F, 2, 1);
  expect_keypoint(keypoints[1], 3.5F, 4.5F, 1, 1);
  expect_keypoint(keypoints[2], 0, 0, 0, 1);
}

TEST_F(CocoTest, ReadsWhatItWrote) {
  const AnnotatedImages all = read(with(
      R"({"id":1,"image_id":5,"category_id":7,"bbox":[1,2.5,10,4],
          "keypoints":[10,5,2, 0,0,0]},
         {"id":2,"image_id":5,"category_id":3,"bbox":[1,1,5,5],"iscrowd":1},
         {"id":3,"image_id":5,"category_id":3,"bbox":[2,3,5,5],
          "keypoints":[3,4,1, 6,6,2]})"));
  write_coco(folder_ / "again.json", all);
  const AnnotatedImages again = read_coco(folder_ / "again.json");
  EXPECT_EQ(again.class_names, all.class_names);
  ASSERT_EQ(again.images.size(), 1U);
  EXPECT_EQ(again.images[0].file_name, "a.jpg");
  const auto& [boxes, keypoints] = again.images[0].annotations;
  const auto& [old_boxes, old_keypoints] = all.images[0].annotations;
  ASSERT_EQ(boxes.size(), old_boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const augment::Box& old = old_boxes[i];
    expect_box(boxes[i], {old.x0, old.y0, old.x1, old.y1}, old.class_id,
               old.valid);
  }
  ASSERT_EQ(keypoints.size(), old_keypoints.size());
  for (std::size_t i = 0; i < keypoints.size(); ++i) {
    const augment::Keypoint& old = old_keypoints[i];
    expect_keypoint(keypoints[i], old.x, old.y,
                    static_cast<int>(old.visibility), old.box);
  }
}

TEST_F(CocoTest, NamesTheEntryThatIsWrong) {
  const auto of_annotation = [&](const std::string& rest) {
    return error(with(R"({"image_id":5,"category_id":7,"bbox":[1,1,2,2]},
                         {"image_id":5,)" +
                      rest + "}"));
  };
  EXPECT_EQ(of_annotation(R"("category_id":7,"bbox":[1,2,3])"),
            "annotations[1]: bbox has 3 numbers; left, top, width and height "
            "would be right");
  EXPECT_EQ(of_annotation(R"("category_id":7,"bbox":[1,2,3,"4"])"),
            "annotations[1]: bbox is [1,2,3,\"4\"]; a list of numbers would be "
            "right");
  EXPECT_EQ(of_annotation(R"("category_id":7,"bbox":[1,2,-3,4])"),
            "annotations[1]: bbox is -3 wide and 4 high; neither can be below "
            "0");
  EXPECT_EQ(of_annotation(R"("category_id":7)"),
            "annotations[1]: bbox is missing; left, top, width and height "
            "would be right");
  EXPECT_EQ(of_annotation(R"("category_id":8,"bbox":[1,2,3,4])"),
            "annotations[1]: there is no category of id 8");
  EXPECT_EQ(of_annotation(R"("bbox":[1,2,3,4])"),
            "annotations[1]: category_id is missing; a whole number would be "
            "right");
  EXPECT_EQ(
      of_annotation(R"("category_id":7,"bbox":[1,2,3,4],"keypoints":[1,2])"),
      "annotations[1]: keypoints are 2 numbers; x, y and visibility of "
      "each would be right");
  EXPECT_EQ(
      of_annotation(R"("category_id":7,"bbox":[1,2,3,4],"keypoints":[1,2,3])"),
      "annotations[1]: the visibility of keypoint 0 is 3; 0, 1 or 2 "
      "would be right");
  EXPECT_EQ(error(with("3")), "annotations[0]: is no object");
  EXPECT_EQ(error(with(R"({"image_id":6,"category_id":7,"bbox":[]})")),
            "annotations[0]: there is no image of id 6");
  EXPECT_EQ(error(R"({"categories":[],"annotations":[],
                      "images":[{"id":1,"file_name":"a","height":0}]})"),
            "images[0]: height is 0; it must be above 0");
  EXPECT_EQ(
      error(R"({"categories":[{"id":1,"name":"a"},{"id":1,"name":"b"}]})"),
      "categories[1]: a second category of id 1");
}

TEST_F(CocoTest, RefusesWhatIsNoCocoFile) {
  EXPECT_EQ(error("[]"),
            "has no list of categories; a COCO file has images, annotations "
            "and categories");
  EXPECT_NE(error("{\"images\":\n[}").find("line 2"), std::string::npos);
  EXPECT_EQ(
      error_in("absent.json", [&] { read_coco(folder_ / "absent.json"); }),
      "can't be opened: No such file or directory");
}

}  // namespace
}  // namespace lathe::train
