#include "train/data/segmentation_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "core/error.h"
#include "core/image/write_image.h"
#include "tests/support/compare.h"
#include "tests/support/temporary_folder.h"
#include "train/data/labels.h"
#include "train/data/loader.h"
#include "train/data/sample_cache.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;

// A folder of images and one of masks, filled by name.
class SegmentationFolderTest : public ::testing::Test {
 protected:
  SegmentationFolderTest() {
    fs::create_directory(images_);
    fs::create_directory(masks_);
  }

  // An image whose every byte is `value`.
  void add_image(const std::string& name, std::uint8_t value = 0) {
    write(images_ / name, {12, 10, 3}, value);
  }
  // A mask whose lower half is `value`.
  void add_mask(const std::string& name, std::uint8_t value = 255) {
    const Tensor mask({20, 30, 1}, DType::uint8);
    const auto values = mask.values<std::uint8_t>();
    std::fill(values.begin() + 300, values.end(), value);
    image::write_png(masks_ / name, mask);
  }
  void add_pair(const std::string& stem) {
    add_image(stem + ".png");
    add_mask(stem + ".png");
  }

  SegmentationFolder open(SegmentationFolderOptions options = {}) const {
    options.size = {8, 6};
    return {images_, masks_, options};
  }
  std::string error(const SegmentationFolderOptions& options = {}) const {
    try {
      open(options);
    } catch (const Error& caught) {
      return caught.what();
    }
    return "";
  }
  static void write(const fs::path& path, const Shape& shape,
                    std::uint8_t value) {
    const Tensor image(shape, DType::uint8);
    std::ranges::fill(image.values<std::uint8_t>(), value);
    image::write_png(path, image);
  }

  lathe::testing::TemporaryFolder folder_;
  fs::path images_ = folder_ / "images";
  fs::path masks_ = folder_ / "masks";
};

TEST_F(SegmentationFolderTest, ReadsPairsInTheOrderOfTheirNames) {
  add_image("b.png", 20);
  add_image("a.png", 10);
  add_image("c.png", 30);
  for (const char* name : {"c.png", "b.png", "a.png"}) add_mask(name);
  const SegmentationFolder data = open();
  ASSERT_EQ(data.size(), 3);
  EXPECT_EQ(data.name(0), (images_ / "a.png").string());
  const Tensor image(data.image_spec().shape, DType::uint8);
  const Tensor mask(data.target_spec().shape, DType::uint8);
  EXPECT_EQ(image.shape(), Shape({8, 6, 3}));
  EXPECT_EQ(mask.shape(), Shape({8, 6, 1}));
  for (std::int64_t i = 0; i < 3; ++i) {
    data.read(i, image, mask);
    for (const std::uint8_t value : image.values<std::uint8_t>()) {
      ASSERT_EQ(value, 10 * (i + 1));
    }
    // The image and the larger mask are brought to the same size.
    for (std::size_t pixel = 0; pixel < 48; ++pixel) {
      ASSERT_EQ(mask.values<std::uint8_t>()[pixel], pixel < 24 ? 0 : 1);
    }
  }
}

TEST_F(SegmentationFolderTest, FindsTheSuffixOfMasks) {
  for (const char* stem : {"car_1", "car_10", "car_1_b", "x"}) {
    add_image(concat(stem, ".png"));
    add_mask(concat(stem, "_mask.png"));
  }
  const SegmentationFolder data = open();
  EXPECT_EQ(data.size(), 4);
  EXPECT_NE(data.report().find("4 pairs"), std::string::npos);
  EXPECT_NE(data.report().find("_mask"), std::string::npos);
}

TEST_F(SegmentationFolderTest, TakesTheSuffixItIsGiven) {
  for (const char* end : {"_a.png", "_b.png", "_c.png"}) {
    add_mask(concat("one", end), 1);
    add_mask(concat("two", end), 255);
  }
  add_image("one.png");
  add_image("two.png");
  EXPECT_EQ(open({.mask_suffix = "_b", .skip_unpaired = true}).size(), 2);
  EXPECT_NE(error({.mask_suffix = "_d"}), "");
}

TEST_F(SegmentationFolderTest, SkipsAndCountsOtherFiles) {
  add_pair("a");
  std::ofstream(images_ / "notes.txt") << "text";
  std::ofstream(images_ / ".hidden.png") << "text";
  fs::create_directory(masks_ / "old");
  const SegmentationFolder data = open();
  EXPECT_EQ(data.size(), 1);
  EXPECT_NE(data.report().find("3 other files"), std::string::npos)
      << data.report();
}

TEST_F(SegmentationFolderTest, NamesWhatHasNoPartner) {
  for (const char* stem : {"a", "b", "c", "d", "e"}) add_pair(stem);
  for (const char* name : {"p.png", "q.png", "r.png", "s.png"}) {
    add_image(name);
  }
  const std::string alone = error();
  EXPECT_NE(alone.find("4 images"), std::string::npos) << alone;
  EXPECT_NE(alone.find("p.png, q.png, r.png"), std::string::npos) << alone;
  EXPECT_EQ(open({.skip_unpaired = true}).size(), 5);
  for (const char* name : {"p.png", "q.png", "r.png", "s.png", "z.png"}) {
    add_mask(name);
  }
  const std::string lonely_mask = error();
  EXPECT_NE(lonely_mask.find("1 mask"), std::string::npos) << lonely_mask;
  EXPECT_NE(lonely_mask.find("z.png"), std::string::npos) << lonely_mask;
  EXPECT_EQ(open({.skip_unpaired = true}).size(), 9);
}

TEST_F(SegmentationFolderTest, RefusesFoldersItCantUse) {
  EXPECT_NE(error().find("images"), std::string::npos);
  add_image("a.png");
  EXPECT_NE(error().find("masks"), std::string::npos);
  add_mask("b.png");
  EXPECT_NE(error().find("no image has a mask"), std::string::npos);
  fs::remove_all(masks_);
  EXPECT_NE(error().find("no such folder"), std::string::npos);
}

TEST_F(SegmentationFolderTest, RefusesTwoImagesOfOneName) {
  add_pair("a");
  add_image("a.gif");
  const std::string twice = error();
  EXPECT_NE(twice.find("a.gif"), std::string::npos) << twice;
  EXPECT_NE(twice.find("a.png"), std::string::npos) << twice;
}

TEST_F(SegmentationFolderTest, LimitsToTheFirst) {
  for (const char* stem : {"c", "b", "a"}) add_pair(stem);
  const SegmentationFolder data = open({.limit = 2});
  ASSERT_EQ(data.size(), 2);
  EXPECT_EQ(data.name(1), (images_ / "b.png").string());
}

TEST_F(SegmentationFolderTest, NamesTheFileThatCantBeRead) {
  add_pair("a");
  add_pair("b");
  std::ofstream(images_ / "b.png") << "broken";
  add_mask("a.png", 9);
  const SegmentationFolder data = open();
  const Tensor image(data.image_spec().shape, DType::uint8);
  const Tensor mask(data.target_spec().shape, DType::uint8);
  const auto error_of = [&](std::int64_t index) -> std::string {
    try {
      data.read(index, image, mask);
    } catch (const Error& caught) {
      return caught.what();
    }
    return "";
  };
  EXPECT_NE(error_of(0).find((masks_ / "a.png").string()), std::string::npos);
  EXPECT_NE(error_of(0).find("9"), std::string::npos);
  EXPECT_NE(error_of(1).find((images_ / "b.png").string()), std::string::npos);
}

TEST_F(SegmentationFolderTest, MapsTrimaps) {
  add_image("a.png");
  add_mask("a.png", 3);
  const SegmentationFolder data = open({.mask_values = "0=1,3=ignore"});
  const Tensor image(data.image_spec().shape, DType::uint8);
  const Tensor mask(data.target_spec().shape, DType::uint8);
  data.read(0, image, mask);
  EXPECT_EQ(mask.values<std::uint8_t>().front(), 1);
  EXPECT_EQ(mask.values<std::uint8_t>().back(), 255);
}

TEST_F(SegmentationFolderTest, ReadsColouredMasks) {
  add_image("a.png");
  // The upper half is red; the lower one grey, which doesn't count.
  const Tensor colours({20, 30, 3}, DType::uint8);
  const auto values = colours.values<std::uint8_t>();
  std::ranges::fill(values, 7);
  for (std::size_t i = 0; i < 900; i += 3) {
    values[i] = 255;
    values[i + 1] = values[i + 2] = 0;
  }
  image::write_png(masks_ / "a.png", colours);
  const MaskColors map("green,0,255,0\nred,255,0,0\nvoid,7,7,7", "map");
  const SegmentationFolder data = open({.classes = 2, .mask_colors = map});
  const Tensor image(data.image_spec().shape, DType::uint8);
  const Tensor mask(data.target_spec().shape, DType::uint8);
  data.read(0, image, mask);
  const auto ids = mask.values<std::uint8_t>();
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 1), 24);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 255), 24);
  EXPECT_EQ(pixel_counts(data, 2, false), (std::vector<std::int64_t>{0, 300}));
}

TEST_F(SegmentationFolderTest, CountsThePixelsOfItsFiles) {
  add_pair("a");
  add_pair("b");
  const auto data = std::make_shared<SegmentationFolder>(open());
  EXPECT_EQ(pixel_counts(*data, 2, false),
            (std::vector<std::int64_t>{600, 600}));
  // Through parts and caches, and without what can't be read.
  const auto part =
      std::make_shared<Subset>(data, std::vector<std::int64_t>{1, 0});
  const SampleCache cache(part, 1 << 20);
  add_mask("b.png", 9);
  EXPECT_EQ(pixel_counts(cache, 2, true),
            (std::vector<std::int64_t>{300, 300}));
  try {
    pixel_counts(cache, 2, false);
    ADD_FAILURE() << "counted";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("b.png"), std::string::npos);
  }
}

// A sample whose image and mask are numbered by pixel, 20 of them in a row.
TEST_F(SegmentationFolderTest, CropsWindowsOfBoth) {
  const Tensor image({12, 20, 3}, DType::uint8);
  const Tensor mask({12, 20, 1}, DType::uint8);
  for (std::int64_t i = 0; i < mask.elements(); ++i) {
    mask.data<std::uint8_t>()[i] = static_cast<std::uint8_t>(i);
    std::fill_n(image.data<std::uint8_t>() + 3 * i, 3,
                static_cast<std::uint8_t>(i));
  }
  image::write_png(images_ / "a.png", image);
  image::write_png(masks_ / "a.png", mask);
  const SegmentationFolder data = open({.crop = true, .classes = 240});
  EXPECT_TRUE(data.draws());
  const Tensor seen({8, 6, 3}, DType::uint8);
  const Tensor ids({8, 6, 1}, DType::uint8);
  const auto expect_window_at = [&](int first) {
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 6; ++x) {
        const auto i = static_cast<std::size_t>(6 * y + x);
        ASSERT_EQ(ids.values<std::uint8_t>()[i], first + 20 * y + x);
        ASSERT_EQ(seen.values<std::uint8_t>()[3 * i], first + 20 * y + x);
      }
    }
  };
  data.read(0, seen, ids);
  expect_window_at(2 * 20 + 7);
  // Training sees another in each epoch, and the same again.
  std::set<int> places;
  for (std::uint32_t epoch = 0; epoch < 20; ++epoch) {
    const RandomKey key{.seed = 1, .epoch = epoch};
    data.read_drawn(0, key, seen, ids);
    const int first = ids.values<std::uint8_t>()[0];
    expect_window_at(first);
    data.read_drawn(0, key, seen, ids);
    expect_window_at(first);
    places.insert(first);
  }
  EXPECT_GT(places.size(), 10);
  // Through a loader too, with the loader's key, whatever lies between.
  const auto set = std::make_shared<SegmentationFolder>(data);
  const SampleCache cache(set, 1 << 20);
  data.read_drawn(0, {.seed = 3, .epoch = 4, .operation = RandomStream::window},
                  seen, ids);
  Batch batch;
  Loader loader(cache,
                {.batch_size = 1, .seed = 3, .epoch = 4, .training = true});
  ASSERT_TRUE(loader.next(batch));
  testing::expect_identical(batch.targets.reshaped({8, 6, 1}), ids);
}

TEST_F(SegmentationFolderTest, CropsSmallImagesWithABorderThatDoesNotCount) {
  add_image("a.png", 9);
  add_mask("a.png");
  SegmentationFolderOptions options{.crop = true};
  options.size = {16, 14};
  const SegmentationFolder data(images_, masks_, options);
  const Tensor image({16, 14, 3}, DType::uint8);
  const Tensor mask({16, 14, 1}, DType::uint8);
  data.read_drawn(0, {}, image, mask);
  const auto ids = mask.values<std::uint8_t>();
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 255), 16 * 14 - 12 * 10);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 1), 6 * 10);
  const auto bytes = image.values<std::uint8_t>();
  EXPECT_EQ(std::count(bytes.begin(), bytes.end(), 9), 3 * 12 * 10);
}

}  // namespace
}  // namespace lathe::train
