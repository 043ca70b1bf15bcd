#include "train/data/idx_dataset.h"

#include <zlib.h>

#include <cstring>
#include <numeric>

#include "tests/train/data/classified_files.h"
#include "train/data/idx_file.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;

using Names = std::vector<std::string>;

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(value >> shift);
  }
  return bytes;
}

// Images of 2 x 3 pixels that each hold their number times ten.
std::string image_bytes(std::uint32_t count) {
  std::string bytes =
      big_endian(0x803) + big_endian(count) + big_endian(2) + big_endian(3);
  for (std::uint32_t i = 0; i < count; ++i) {
    bytes += std::string(6, static_cast<char>(10 * i));
  }
  return bytes;
}

std::string label_bytes(const std::vector<std::uint8_t>& labels) {
  std::string bytes =
      big_endian(0x801) + big_endian(static_cast<std::uint32_t>(labels.size()));
  return bytes.append(labels.begin(), labels.end());
}

void write_compressed(const fs::path& path, const std::string& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())),
            static_cast<int>(bytes.size()));
  ASSERT_EQ(gzclose(file), Z_OK);
}

class IdxDatasetTest : public ClassifiedFilesTest {
 protected:
  const std::string kImages = "train-images-idx3-ubyte";
  const std::string kLabels = "train-labels-idx1-ubyte";

  IdxDatasetTest() {
    add_text(kImages, image_bytes(4));
    add_text(kLabels, label_bytes({3, 1, 0, 3}));
  }

  IdxDataset open(ClassifiedSetOptions options = {}) const {
    options.size = {2, 3};
    return {folder_.path(), "train", options};
  }
  // Without the name of the file, with which it must begin.
  std::string error(const std::string& file,
                    const ClassifiedSetOptions& options = {}) const {
    const std::string whole = error_of([&] { open(options); });
    const std::string start = path(file) + ": ";
    EXPECT_TRUE(whole.starts_with(start)) << whole;
    return whole.substr(std::min(start.size(), whole.size()));
  }
};

TEST_F(IdxDatasetTest, ReadsImagesAndLabels) {
  const IdxDataset data = open();
  EXPECT_EQ(data.class_names(), (Names{"0", "1", "2", "3"}));
  EXPECT_EQ(data.labels(), (std::vector<std::int32_t>{3, 1, 0, 3}));
  EXPECT_EQ(data.image_spec(), (TensorSpec{{2, 3, 3}, DType::uint8}));
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(sample(data, i), std::pair(10 * i, data.labels()[i]));
  }
  EXPECT_EQ(data.name(2), path(kImages) + ", image 2");
  EXPECT_EQ(data.report(), "4 images in 4 classes, 0 to 2 a class, none of 2");
}

TEST_F(IdxDatasetTest, ReadsCompressedFilesAndOtherNames) {
  write_compressed(folder_ / "t10k-images-idx3-ubyte.gz", image_bytes(3));
  add_text("t10k-labels.idx1-ubyte", label_bytes({1, 1, 0}));
  const IdxDataset data(folder_.path(), "t10k", {.size = {2, 3}});
  EXPECT_EQ(data.size(), 3);
  EXPECT_EQ(sample(data, 2), std::pair(20, 0));
}

TEST_F(IdxDatasetTest, GivesGreyOrColourInAnySize) {
  std::string pixels(6, '\0');
  std::iota(pixels.begin(), pixels.end(), '\1');
  add_text(kImages, image_bytes(0).replace(4, 4, big_endian(1)) + pixels);
  add_text(kLabels, label_bytes({0}));
  const Tensor target({1}, DType::int32);
  const auto read = [&](ClassifiedSetOptions options) {
    const IdxDataset data(folder_.path(), "train", options);
    const Tensor image(data.image_spec().shape, DType::uint8);
    data.read(0, image, target);
    const auto values = image.values<std::uint8_t>();
    return std::vector<int>(values.begin(), values.end());
  };
  EXPECT_EQ(read({.size = {2, 3}, .channels = 1}),
            (std::vector<int>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(
      read({.size = {2, 3}, .channels = 3}),
      (std::vector<int>{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6}));
  // Half-pixel centres: both rows meet half-way, every column stays.
  EXPECT_EQ(read({.size = {1, 3}, .channels = 1}), (std::vector<int>{3, 4, 5}));
  EXPECT_EQ(read({.size = {32, 32}}).size(), 32 * 32 * 3);
}

TEST_F(IdxDatasetTest, NamesFashionMnistsClasses) {
  for (const char* name : {"fashion-mnist", "Fashion_MNIST", "mnist"}) {
    const fs::path folder = folder_ / name;
    fs::create_directory(folder);
    for (const std::string& file : {kImages, kLabels}) {
      fs::copy(folder_ / file, folder / file);
    }
  }
  const auto names = [&](const std::string& folder) {
    return IdxDataset(folder_ / folder, "train").class_names();
  };
  EXPECT_EQ(names("fashion-mnist").at(9), "Ankle boot");
  EXPECT_EQ(names("Fashion_MNIST/").at(0), "T-shirt/top");
  EXPECT_EQ(names("mnist").size(), 4);
  // Whatever it's called, it isn't Fashion-MNIST.
  lathe::testing::write_bytes(folder_ / "fashion-mnist" / kLabels,
                              label_bytes({3, 1, 10, 3}));
  EXPECT_EQ(names("fashion-mnist").back(), "10");
}

TEST_F(IdxDatasetTest, TakesTheClassesOfAnotherSet) {
  EXPECT_EQ(open({.class_names = {"a", "b", "c", "d"}}).class_names().back(),
            "d");
  EXPECT_EQ(error(kLabels, {.class_names = {"a", "b", "c"}}),
            "label 3 of image 0; there are classes 0 to 2");
}

TEST_F(IdxDatasetTest, LimitsToTheFirstOfEachClassInTurn) {
  const IdxDataset data = open({.limit = 3});
  EXPECT_EQ(data.labels(), (std::vector<std::int32_t>{3, 1, 0}));
  add_text(kLabels, label_bytes({3, 3, 0, 3}));
  EXPECT_EQ(sample(open({.limit = 2}), 1), std::pair(20, 0));
}

TEST_F(IdxDatasetTest, RefusesFilesCutShort) {
  const std::string images = image_bytes(4);
  const std::string claim = "cut short: claims 4 x 2 x 3, 24 bytes, and holds ";
  const auto header = [](int holds) {
    return concat("cut short: holds ", holds, " bytes; the header has 16");
  };
  for (std::size_t size = 0; size < images.size(); ++size) {
    SCOPED_TRACE(size);
    add_text(kImages, images.substr(0, size));
    EXPECT_EQ(error(kImages), size < 16 ? header(static_cast<int>(size))
                                        : concat(claim, size - 16));
  }
  add_text(kImages, images + "x");
  EXPECT_EQ(error(kImages), "claims 4 x 2 x 3, 24 bytes, and holds more");
  add_text(kImages, images);
  add_text(kLabels, label_bytes({3, 1, 0, 3}).substr(0, 10));
  EXPECT_EQ(error(kLabels), "cut short: claims 4, 4 bytes, and holds 2");
}

TEST_F(IdxDatasetTest, RefusesCompressedFilesCutShortOrDamaged) {
  const std::string file = kImages + ".gz";
  fs::remove(folder_ / kImages);
  write_compressed(folder_ / file, image_bytes(4));
  EXPECT_EQ(open().size(), 4);
  const std::string whole = lathe::testing::read_bytes(folder_ / file);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    add_text(file, whole.substr(0, size));
    const std::string told = error(file);
    EXPECT_TRUE(told.starts_with("cut short") || told.starts_with("begins"))
        << told;
  }
  // A wrong sum of the bytes, which all are there.
  std::string damaged = whole;
  damaged[whole.size() - 6] = static_cast<char>(damaged[whole.size() - 6] ^ 1);
  add_text(file, damaged);
  EXPECT_TRUE(error(file).starts_with("damaged: ")) << error(file);
}

TEST_F(IdxDatasetTest, RefusesOtherFiles) {
  add_text(kImages, "P5\n2 3\n255\n      and more");
  EXPECT_EQ(error(kImages),
            "begins with 80 53 10 50; an IDX file of bytes in 3 dimensions "
            "begins with 0 0 8 3");
  // Labels where images belong.
  add_text(kImages, label_bytes(std::vector<std::uint8_t>(20)));
  EXPECT_TRUE(error(kImages).starts_with("begins with 0 0 8 1; "));
  const auto claiming = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    add_text(kImages,
             big_endian(0x803) + big_endian(a) + big_endian(b) + big_endian(c));
    return error(kImages);
  };
  EXPECT_EQ(claiming(0, 28, 28),
            "claims 0 x 28 x 28 bytes; 1 to 2^32 can be read");
  EXPECT_EQ(claiming(0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
            "claims 4294967295 x 4294967295 x 4294967295 bytes; 1 to 2^32 can "
            "be read");
  EXPECT_EQ(claiming(65536, 65536, 2),
            "claims 65536 x 65536 x 2 bytes; 1 to 2^32 can be read");
}

TEST_F(IdxDatasetTest, RefusesFoldersItCantUse) {
  add_text(kLabels, label_bytes({3, 1, 0}));
  EXPECT_EQ(error(kLabels), "3 labels for the 4 images of " + path(kImages));
  fs::remove(folder_ / kLabels);
  EXPECT_EQ(error_of([&] { open(); }),
            folder_.path().string() +
                ": holds no train-labels-idx1-ubyte, neither as it is nor as "
                ".gz");
  EXPECT_EQ(error_of([&] { IdxDataset(folder_ / "absent", "t10k"); }),
            path("absent") +
                ": holds no t10k-images-idx3-ubyte, neither as it is nor as "
                ".gz");
}

// Debian's package, where it is installed.
TEST(IdxDataset, ReadsFashionMnist) {
  const fs::path folder = "/usr/share/datasets/fashion-mnist";
  if (!fs::exists(folder)) GTEST_SKIP() << "dataset-fashion-mnist is missing";
  const IdxDataset data(folder, "t10k", {.size = {28, 28}, .channels = 1});
  EXPECT_EQ(data.report(), "10000 images in 10 classes, 1000 a class");
  EXPECT_EQ(data.class_names().at(9), "Ankle boot");
  // The well-known first ones: a boot, a pullover, two pairs of trousers.
  EXPECT_EQ((std::vector<std::int32_t>{data.labels().begin(),
                                       data.labels().begin() + 4}),
            (std::vector<std::int32_t>{9, 2, 1, 1}));
  const Tensor image(data.image_spec().shape, DType::uint8);
  data.read(0, image, Tensor({1}, DType::int32));
  const auto pixels = image.values<std::uint8_t>();
  EXPECT_EQ(std::accumulate(pixels.begin(), pixels.end(), 0), 33456);
}

}  // namespace
}  // namespace lathe::train
