#include "train/data/classification_folder.h"

#include "tests/train/data/classified_files.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

class ClassificationFolderTest : public ClassifiedFilesTest {
 protected:
  ClassificationFolder open(ClassifiedSetOptions options = {}) const {
    options.size = {4, 6};
    return ClassificationFolder(folder_.path(), options);
  }
  std::string error(const ClassifiedSetOptions& options = {}) const {
    return error_of([&] { open(options); });
  }
};

TEST_F(ClassificationFolderTest, ClassesAreTheSubFoldersInTheirOrder) {
  add_image("dog/a.png", 10);
  add_image("cat/z.png", 20);
  add_image("cat/b.png", 30);
  add_image("Zebra/c.png", 40);
  const ClassificationFolder data = open();
  EXPECT_EQ(data.class_names(), (Names{"Zebra", "cat", "dog"}));
  EXPECT_EQ(data.labels(), (std::vector<std::int32_t>{0, 1, 1, 2}));
  EXPECT_EQ(data.image_spec(), (TensorSpec{{4, 6, 3}, DType::uint8}));
  EXPECT_EQ(data.target_spec(), (TensorSpec{{1}, DType::int32}));
  EXPECT_EQ(sample(data, 0), std::pair(40, 0));
  EXPECT_EQ(sample(data, 1), std::pair(30, 1));
  EXPECT_EQ(sample(data, 2), std::pair(20, 1));
  EXPECT_EQ(sample(data, 3), std::pair(10, 2));
  EXPECT_EQ(data.name(2), path("cat/z.png"));
  EXPECT_EQ(data.label(3), 2);
  EXPECT_EQ(data.report(), "4 images in 3 classes, 1 to 2 a class");
}

// os.walk's folders sorted as texts, then the files of each: b-2 is before b/c,
// and the files of the class itself are before all below.
TEST_F(ClassificationFolderTest, FindsImagesAtAnyDepthInKerasOrder) {
  for (const char* name : {"x/z.png", "x/b/1.png", "x/b/c/0.png", "x/b-2/3.png",
                           "x/B/9.png", "x/a.JPG"}) {
    add_image(name);
  }
  const ClassificationFolder data = open();
  Names found;
  for (std::int64_t i = 0; i < data.size(); ++i) {
    found.push_back(fs::relative(data.name(i), folder_.path()).string());
  }
  EXPECT_EQ(found, (Names{"x/a.JPG", "x/z.png", "x/B/9.png", "x/b/1.png",
                          "x/b-2/3.png", "x/b/c/0.png"}));
}

TEST_F(ClassificationFolderTest, SkipsAndCountsWhatIsNoImage) {
  add_image("cat/a.png");
  add_image("cat/.b.png");
  add_image("cat/.thumbnails/a.png");
  add_image(".cache/a.png");
  add_image("beside.png");
  add_text("cat/notes.txt", "text");
  fs::create_directory_symlink(folder_.path(), folder_ / "cat/loop");
  const ClassificationFolder data = open();
  EXPECT_EQ(data.size(), 1);
  EXPECT_EQ(data.report(),
            "1 images in 1 classes, 1 a class, 6 other files skipped");
}

TEST_F(ClassificationFolderTest, RefusesFoldersItCantUse) {
  EXPECT_EQ(error(), folder_.path().string() +
                         ": holds no sub-folders; one for each class, with its "
                         "images in it, would be right");
  EXPECT_EQ(error_of([&] { ClassificationFolder(folder_ / "absent"); }),
            path("absent") + ": there is no such folder");
  add_image("cat/a.png");
  add_text("dog/a.txt", "text");
  EXPECT_EQ(error(), path("dog") +
                         ": holds no images (1 other files or folders); JPEG, "
                         "PNG, BMP and GIF are read");
}

TEST_F(ClassificationFolderTest, TakesTheClassesOfAnotherSet) {
  add_image("cat/a.png");
  add_image("dog/a.png");
  const ClassificationFolder data = open({.class_names = {"dog", "cat"}});
  EXPECT_EQ(data.class_names(), (Names{"dog", "cat"}));
  EXPECT_EQ(data.labels(), (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(data.name(0), path("dog/a.png"));
  EXPECT_EQ(error({.class_names = {"cat", "cow"}}),
            path("dog") + ": 'dog' is none of the known classes: cat, cow");
  EXPECT_EQ(error({.class_names = {"cat", "cow", "dog"}}),
            path("cow") + ": there is no such folder");
}

TEST_F(ClassificationFolderTest, LimitsToTheFirstOfEachClassInTurn) {
  for (const char* name : {"a/1.png", "a/2.png", "a/3.png", "a/4.png",
                           "b/1.png", "c/1.png", "c/2.png"}) {
    add_image(name);
  }
  const ClassificationFolder data = open({.limit = 5});
  EXPECT_EQ(data.labels(), (std::vector<std::int32_t>{0, 0, 1, 2, 2}));
  EXPECT_EQ(data.name(1), path("a/2.png"));
  EXPECT_EQ(data.name(4), path("c/2.png"));
  EXPECT_EQ(open({.limit = 6}).labels(),
            (std::vector<std::int32_t>{0, 0, 0, 1, 2, 2}));
  EXPECT_EQ(open({.limit = 100}).size(), 7);
  EXPECT_EQ(open({.limit = 2}).report(),
            "2 images in 3 classes, 0 to 1 a class, none of c");
}

TEST_F(ClassificationFolderTest, GreyIsWeightedFromColour) {
  const Tensor image =
      Tensor::from<std::uint8_t>({1, 3, 3}, {200, 0, 0, 0, 200, 0, 0, 0, 200});
  fs::create_directory(folder_ / "x");
  image::write_png(folder_ / "x/a.png", image);
  const ClassificationFolder data(folder_.path(),
                                  {.size = {1, 3}, .channels = 1});
  EXPECT_EQ(data.image_spec(), (TensorSpec{{1, 3, 1}, DType::uint8}));
  const Tensor grey({1, 3, 1}, DType::uint8);
  data.read(0, grey, Tensor({1}, DType::int32));
  const auto values = grey.values<std::uint8_t>();
  // 0.299, 0.587 and 0.114 of 200, rounded.
  EXPECT_EQ((std::vector<int>{values.begin(), values.end()}),
            (std::vector<int>{60, 117, 23}));
}

TEST_F(ClassificationFolderTest, RefusesSizesAndChannelsThatCantBe) {
  add_image("x/a.png");
  EXPECT_NE(error_of([&] {
              ClassificationFolder(folder_.path(), {.size = {0, 5}});
            }).find("0 x 5"),
            std::string::npos);
  EXPECT_NE(error({.channels = 4}).find("4 channels"), std::string::npos);
}

TEST_F(ClassificationFolderTest, NamesTheFileThatCantBeRead) {
  add_text("x/empty.png", "");
  add_text("x/text.jpg", "no picture");
  const ClassificationFolder data = open();
  for (std::int64_t i = 0; i < 2; ++i) {
    const std::string error = error_of([&] { sample(data, i); });
    EXPECT_TRUE(error.starts_with(data.name(i) + ": ")) << error;
  }
}

}  // namespace
}  // namespace lathe::train
