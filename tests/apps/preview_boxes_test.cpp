// Runs augment_preview with boxes, and measures where it draws them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/image/read_image.h"
#include "core/image/write_image.h"
#include "tests/apps/run_app.h"
#include "tests/support/temporary_folder.h"
#include "train/data/coco.h"
#include "train/data/yolo.h"

namespace lathe {
namespace {

namespace fs = std::filesystem;
using testing::expect_mentions;
using testing::run;
using testing::write_bytes;

constexpr augment::ImageSize kSize{.height = 120, .width = 160};
constexpr std::int64_t kSide = 80;  // to which they are resized
constexpr std::int64_t kGap = 8;
constexpr std::uint8_t kDark = 51;  // 0.2 of white

// White rectangles, the objects.
augment::Box object(std::int64_t image) {
  const auto shift = static_cast<float>(10 * image);
  return {.x0 = 50 + shift, .y0 = 34, .x1 = 90 + shift, .y1 = 64 + 2 * shift};
}

// What there is between rows and columns, both ends included.
struct Extent {
  std::int64_t left = 1 << 20;
  std::int64_t top = 1 << 20;
  std::int64_t right = -1;
  std::int64_t bottom = -1;

  bool empty() const { return right < left; }
  void add(std::int64_t x, std::int64_t y) {
    left = std::min(left, x);
    top = std::min(top, y);
    right = std::max(right, x);
    bottom = std::max(bottom, y);
  }
};

class PreviewBoxes : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(path("images"));
    for (std::int64_t i = 0; i < 3; ++i) {
      const Tensor image({kSize.height, kSize.width, 3}, DType::uint8);
      std::ranges::fill(image.values<std::uint8_t>(), kDark);
      const augment::Box box = object(i);
      for (auto y = static_cast<std::int64_t>(box.y0);
           static_cast<float>(y) < box.y1; ++y) {
        auto* row = image.data<std::uint8_t>() + y * kSize.width * 3;
        std::fill(row + static_cast<std::int64_t>(box.x0) * 3,
                  row + static_cast<std::int64_t>(box.x1) * 3, 255);
      }
      const std::string name = concat("photo ", i, ".png");
      image::write_png(path("images") / name, image);
      annotated_.images.push_back({.file_name = "train/" + name,
                                   .size = kSize,
                                   .annotations = {.boxes = {box}}});
    }
  }
  fs::path path(const std::string& name) const { return folder_.path() / name; }
  std::string preview(const std::string& options) const {
    return concat("augment_preview --images '", path("images").string(),
                  "' --samples 3 --size ", kSide, " --output '",
                  path("sheet.png").string(), "' ", options);
  }
  std::string boxes(const std::string& name) const {
    return concat(" --boxes '", path(name).string(), "'");
  }
  Tensor sheet(const std::string& options) const {
    expect_mentions(run(preview(options)), 0, {"sheet.png"});
    return image::read_image(path("sheet.png"));
  }
  void write_coco() const { train::write_coco(path("all.json"), annotated_); }

  testing::TemporaryFolder folder_;
  train::AnnotatedImages annotated_{.images = {}, .class_names = {"thing"}};
};

// Calls look(x, y, pixel of a, pixel of b) around a cell of two sheets.
template <class Look>
void look_around(const Tensor& a, const Tensor& b, std::int64_t left,
                 std::int64_t top, std::int64_t side, const Look& look) {
  constexpr std::int64_t kBeyond = 2;  // as far as a line reaches
  for (std::int64_t y = -kBeyond; y < side + kBeyond; ++y) {
    for (std::int64_t x = -kBeyond; x < side + kBeyond; ++x) {
      const std::int64_t at = ((top + y) * a.shape()[1] + left + x) * 3;
      look(x, y, a.data<std::uint8_t>() + at, b.data<std::uint8_t>() + at);
    }
  }
}

// Rows are as high as their captions, so they are looked for by the pictures'
// dark left column, which no box of an original touches.
std::vector<std::int64_t> tops_of(const Tensor& sheet) {
  std::vector<std::int64_t> tops;
  const auto* pixels = sheet.data<std::uint8_t>();
  const auto dark = [&](std::int64_t y) {
    const auto* pixel = pixels + (y * sheet.shape()[1] + kGap) * 3;
    return pixel[0] == kDark && pixel[1] == kDark && pixel[2] == kDark;
  };
  for (std::int64_t y = 1; y + kSide <= sheet.shape()[0]; ++y) {
    if (dark(y) && !dark(y - 1) && dark(y + kSide - 1)) tops.push_back(y);
  }
  return tops;
}

// A box is a line of 2 pixels around the outermost pixels of its object.
void expect_around(const Extent& lines, const Extent& object) {
  ASSERT_EQ(lines.empty(), object.empty());
  if (object.empty()) return;
  // An object's edge is where the light is half; lines are smoothed.
  EXPECT_LE(std::abs(lines.left - (object.left - 1)), 1);
  EXPECT_LE(std::abs(lines.top - (object.top - 1)), 1);
  EXPECT_LE(std::abs(lines.right - (object.right + 1)), 1);
  EXPECT_LE(std::abs(lines.bottom - (object.bottom + 1)), 1);
}

// What differs between a cell without boxes and one with them is around what
// is light.
void expect_boxed(const Tensor& plain, const Tensor& boxed, std::int64_t top,
                  std::int64_t column, std::int64_t side) {
  SCOPED_TRACE(concat("row at ", top, ", column ", column));
  Extent lines;
  Extent seen;
  look_around(plain, boxed, kGap + column * (kSide + kGap), top, side,
              [&](auto x, auto y, const auto* before, const auto* after) {
                if (!std::equal(before, before + 3, after)) lines.add(x, y);
                const bool inside = x >= 0 && y >= 0 && x < side && y < side;
                if (inside && before[0] > (255 + kDark) / 2) seen.add(x, y);
              });
  expect_around(lines, seen);
}

TEST_F(PreviewBoxes, FollowTheirObjects) {
  write_coco();
  const std::string fill = "fill_mode=constant,fill_value=0.2";
  for (const std::string& augmentation : std::vector<std::string>{
           "flip", "turn", "rotation(factor=0.3," + fill + ")",
           "zoom(height_factor=-0.3:0.3," + fill + ")",
           "perspective(" + fill + ")",
           "translation(height_factor=0.3," + fill + ")", "crop=60",
           "flip,rotation(factor=0.1," + fill + "),crop=50,resize=80",
           "mosaic=1:1.2", "cutmix(p=1)"}) {
    SCOPED_TRACE(augmentation);
    // A seed that leaves no sliver of an object, whose box is seen and it
    // isn't.
    const std::string options = "--seed 4 --augment '" + augmentation + "'";
    const Tensor plain = sheet(options);
    const Tensor boxed = sheet(options + boxes("all.json"));
    const bool crops = augmentation == "crop=60";
    const std::vector<std::int64_t> tops = tops_of(plain);
    ASSERT_EQ(tops.size(), 3U);
    for (const std::int64_t top : tops) {
      for (std::int64_t column = 0; column < 5; ++column) {
        expect_boxed(plain, boxed, top, column,
                     crops && column > 0 ? 60 : kSide);
      }
    }
  }
}

TEST_F(PreviewBoxes, AreThoseOfMasksWhereNoneAreGiven) {
  fs::create_directories(path("masks"));
  for (const auto& entry : fs::directory_iterator(path("images"))) {
    const Tensor mask = image::read_image(entry.path());
    for (std::uint8_t& value : mask.values<std::uint8_t>()) {
      value = value == kDark ? 0 : 255;
    }
    image::write_png(path("masks") / entry.path().filename(), mask);
  }
  const std::string masks = concat("--no-captions --no-tint --masks '",
                                   path("masks").string(), "' --augment ");
  const Tensor plain = sheet(masks + "flip");
  // A part that is the whole image.
  const Tensor boxed = sheet(masks + "box_safe_crop=1");
  const std::vector<std::int64_t> tops = tops_of(plain);
  ASSERT_EQ(tops.size(), 3U);
  for (const std::int64_t top : tops) {
    expect_boxed(plain, boxed, top, 0, kSide);
  }
}

TEST_F(PreviewBoxes, AreReadFromAllKindsOfFiles) {
  write_coco();
  fs::create_directories(path("yolo"));
  train::write_yolo(path("yolo"), annotated_.images);
  fs::create_directories(path("voc"));
  for (std::int64_t i = 0; i < 3; ++i) {
    const augment::Box box = object(i);
    write_bytes(path(concat("voc/", i, ".xml")),
                concat("<annotation><filename>photo ", i,
                       ".png</filename><size><width>160</width><height>120"
                       "</height></size><object><name>thing</name><bndbox>",
                       "<xmin>", box.x0 + 1, "</xmin><ymin>", box.y0 + 1,
                       "</ymin><xmax>", box.x1, "</xmax><ymax>", box.y1,
                       "</ymax></bndbox></object></annotation>"));
  }
  const Tensor coco = sheet(boxes("all.json"));
  for (const std::string name : {"yolo", "voc"}) {
    const Tensor other = sheet(boxes(name));
    EXPECT_TRUE(std::ranges::equal(other.values<std::uint8_t>(),
                                   coco.values<std::uint8_t>()))
        << name;
  }
  expect_mentions(run(preview(boxes("yolo"))), 0,
                  {"3 boxes and 0 keypoints in 3 images"});
  // Keypoints, which Pascal VOC hasn't: their crosses move with their boxes.
  for (train::AnnotatedImage& image : annotated_.images) {
    const augment::Box& box = image.annotations.boxes[0];
    image.annotations.keypoints = {{.x = box.x0, .y = box.y0, .box = 0}};
  }
  write_coco();
  train::write_yolo(path("yolo"), annotated_.images);
  expect_mentions(run(preview(boxes("yolo"))), 0,
                  {"3 boxes and 3 keypoints in 3 images"});
  const Tensor crosses = sheet(boxes("yolo"));
  EXPECT_TRUE(
      std::ranges::equal(crosses.values<std::uint8_t>(),
                         sheet(boxes("all.json")).values<std::uint8_t>()));
  EXPECT_FALSE(std::ranges::equal(crosses.values<std::uint8_t>(),
                                  coco.values<std::uint8_t>()));
  // Smaller parts of objects are no targets by option.
  const std::string most = "--augment crop=20";
  EXPECT_FALSE(
      std::ranges::equal(sheet(most + boxes("voc")).values<std::uint8_t>(),
                         sheet(most + boxes("voc") + " --minimum-visibility 1")
                             .values<std::uint8_t>()));
}

TEST_F(PreviewBoxes, SayWhatIsWrong) {
  write_coco();
  expect_mentions(run("augment_preview" + boxes("all.json")), 2, {"--images"});
  expect_mentions(run(preview(boxes("none.json"))), 2, {"none.json"});
  expect_mentions(run(preview(boxes("images"))), 1,
                  {"holds neither", ".xml", ".txt"});
  expect_mentions(run(preview(boxes("all.json") + " --augment copy_paste")), 1,
                  {"copy_paste"});
  train::AnnotatedImages others = annotated_;
  others.images[1].file_name = "another.png";
  train::write_coco(path("two.json"), others);
  expect_mentions(
      run(preview(boxes("two.json"))), 0,
      {"2 boxes and 0 keypoints in 3 images, of which two.json doesn't know "
       "photo 1.png"});
  others.images = {others.images[1]};
  train::write_coco(path("none.json"), others);
  expect_mentions(run(preview(boxes("none.json"))), 1,
                  {"none.json: knows none of the images, such as photo 0.png"});
  others.images = annotated_.images;
  others.images[2].size = {.height = 160, .width = 120};
  train::write_coco(path("turned.json"), others);
  expect_mentions(run(preview(boxes("turned.json"))), 1,
                  {"turned.json",
                   "photo 2.png is 160 x 120 there, and the file 120 x 160"});
  others.images[2] = others.images[1];
  train::write_coco(path("twice.json"), others);
  expect_mentions(run(preview(boxes("twice.json"))), 1,
                  {"a second image of the name photo 1.png"});
  write_bytes(path("bad.json"), R"({"images": [], "categories": [],
    "annotations": [{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]}]})");
  expect_mentions(run(preview(boxes("bad.json"))), 1,
                  {"annotations[0]: there is no image of id 7"});
  fs::create_directories(path("yolo"));
  write_bytes(path("yolo/photo 0.txt"), "0 0.5 0.5 1.5 0.1\n");
  expect_mentions(run(preview(boxes("yolo"))), 1, {"photo 0.txt: line 1"});
}

}  // namespace
}  // namespace lathe
