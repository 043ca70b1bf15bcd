#include "train/data/mask_colors.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "tests/support/temporary_folder.h"

namespace lathe::train {
namespace {

using Names = std::vector<std::string>;

std::vector<int> ids(const MaskColors& colors,
                     const std::vector<std::uint8_t>& pixels) {
  const auto count = static_cast<std::int64_t>(pixels.size() / 3);
  const Tensor found =
      colors.ids_of(Tensor::from({1, count, 3}, pixels), "mask.png");
  EXPECT_EQ(found.shape(), Shape({1, count, 1}));
  const auto values = found.values<std::uint8_t>();
  return {values.begin(), values.end()};
}

template <class Body>
std::string error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

// What each of three well-known forms says, of sky, traffic light and void.
TEST(MaskColors, ReadsTheCommonFiles) {
  for (const char* text :
       {"name,r,g,b\nsky,128,128,128\ntraffic light,0,64,64\nVoid,0,0,0\n",
        "128 128 128\tsky\r\n0 64 64\t\ttraffic light\r\n\r\n0 0 0\tVoid\r\n",
        "# label:color_rgb:parts:actions\nsky:128,128,128::\n"
        "traffic light:0,64,64::\nvoid:0,0,0::"}) {
    SCOPED_TRACE(text);
    const MaskColors colors(text, "colours.csv");
    EXPECT_EQ(colors.class_names(), (Names{"sky", "traffic light"}));
    EXPECT_EQ(ids(colors, {0, 64, 64, 0, 64, 64, 128, 128, 128, 0, 0, 0}),
              (std::vector<int>{1, 1, 0, 255}));
  }
}

TEST(MaskColors, JoinsColoursOfOneName) {
  const MaskColors colors("1 2 3 car\n4 5 6 road\n7 8 9 car\n0 0 0 ignore",
                          "c");
  EXPECT_EQ(colors.class_names(), (Names{"car", "road"}));
  EXPECT_EQ(ids(colors, {7, 8, 9, 4, 5, 6, 1, 2, 3, 0, 0, 0}),
            (std::vector<int>{0, 1, 0, 255}));
}

TEST(MaskColors, TakesNumbersForNames) {
  const MaskColors colors("1 2 3 10\n4 5 6 11\n", "c");
  EXPECT_EQ(colors.class_names(), (Names{"10", "11"}));
}

TEST(MaskColors, NamesAnUnknownColourAndItsPlace) {
  const MaskColors colors("a 1 1 1\nb 2 2 2", "c");
  Tensor image({2, 3, 3}, DType::uint8);
  std::ranges::fill(image.values<std::uint8_t>(), 1);
  image.values<std::uint8_t>()[3 * 5 + 1] = 9;
  EXPECT_EQ(error_of([&] { colors.ids_of(image, "mask.png"); }),
            "mask.png: the colour 1, 9, 1 in row 1, column 2 is no class's; "
            "--mask-colors says which colour is which");
}

TEST(MaskColors, SaysWhichLineIsWrong) {
  const auto error = [](const char* text) {
    return error_of([&] { MaskColors(text, "c.csv"); });
  };
  EXPECT_EQ(error("a,1,1,1\nb,2,2\n"),
            "c.csv: line 2: 'b,2,2' has no colour; name,r,g,b or r g b name "
            "would be right");
  EXPECT_EQ(error("\n1 2 3\n"), "c.csv: line 2: '1 2 3' has no name");
  EXPECT_EQ(error("a,1,1,256"),
            "c.csv: line 1: 'a,1,1,256': 256 is no number from 0 to 255");
  EXPECT_EQ(error("a,1,1,1\nb,1,1,1"),
            "c.csv: line 2: the colour 1, 1, 1 comes twice");
  EXPECT_EQ(error("a,1,1,1\nvoid,0,0,0"),
            "c.csv: has 1 classes; 2 to 254 can be told apart");
}

TEST(MaskColors, AreReadFromAFile) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder / "c.csv") << "a,1,1,1\nb,2,2,2\n";
  EXPECT_EQ(MaskColors(folder / "c.csv").class_names(), (Names{"a", "b"}));
  EXPECT_NE(error_of([&] { MaskColors(folder / "none.csv"); }).find("none.csv"),
            std::string::npos);
}

}  // namespace
}  // namespace lathe::train
