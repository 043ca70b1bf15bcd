#include "train/data/mask_values.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace lathe::train {
namespace {

std::vector<int> mapped(const MaskValues& values,
                        const std::vector<std::uint8_t>& mask) {
  const auto count = static_cast<std::int64_t>(mask.size());
  const Tensor tensor = Tensor::from({1, count, 1}, mask);
  values.apply(tensor, "mask.png");
  const auto result = tensor.values<std::uint8_t>();
  return {result.begin(), result.end()};
}

std::string error_of(const MaskValues& values,
                     const std::vector<std::uint8_t>& mask) {
  try {
    mapped(values, mask);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(MaskValues, OneClassIsFoundByItself) {
  const MaskValues values("", 1);
  EXPECT_EQ(mapped(values, {0, 1, 1}), (std::vector<int>{0, 1, 1}));
  EXPECT_EQ(mapped(values, {0, 255, 0}), (std::vector<int>{0, 1, 0}));
  EXPECT_EQ(mapped(values, {0, 0}), (std::vector<int>{0, 0}));
}

TEST(MaskValues, UnexpectedOnesAreNamed) {
  const std::string error = error_of(MaskValues("", 1), {0, 128, 255, 7});
  EXPECT_NE(error.find("mask.png"), std::string::npos) << error;
  EXPECT_NE(error.find(": 7, 128"), std::string::npos) << error;
  EXPECT_NE(error.find("0, 7, 128, 255"), std::string::npos) << error;
  EXPECT_NE(error.find("--mask-values"), std::string::npos) << error;
  EXPECT_NE(error_of(MaskValues("", 1), {0, 1, 255}), "");
}

TEST(MaskValues, SeveralClassesAreIds) {
  const MaskValues values("", 12);
  EXPECT_EQ(mapped(values, {0, 11, 255}), (std::vector<int>{0, 11, 255}));
  EXPECT_NE(error_of(values, {12}), "");
}

TEST(MaskValues, ListsGiveClassesInOrder) {
  EXPECT_EQ(mapped(MaskValues("0,255", 1), {0, 255}), (std::vector<int>{0, 1}));
  EXPECT_EQ(mapped(MaskValues("30,20,10", 3), {10, 20, 30}),
            (std::vector<int>{2, 1, 0}));
  EXPECT_NE(error_of(MaskValues("0,255", 1), {1}), "");
}

TEST(MaskValues, PairsGiveClassesAndWhatIsIgnored) {
  for (const char* text : {"1=1,2=0,3=ignore", "1:1,2:0,3:ignore"}) {
    EXPECT_EQ(mapped(MaskValues(text, 1), {1, 2, 3}),
              (std::vector<int>{1, 0, 255}));
  }
  EXPECT_EQ(mapped(MaskValues("0=0,1=1,255=1", 1), {0, 1, 255}),
            (std::vector<int>{0, 1, 1}));
}

TEST(MaskValues, TextsThatCantBeMeantAreRefused) {
  for (const char* text : {"0,256", "a", "0,,1", "0=", "=0", "-1", "0=0,0=1",
                           "0,1,2", "1=2", "0, 1", "0=ignored"}) {
    EXPECT_THROW(MaskValues(text, 1), Error) << text;
  }
}

}  // namespace
}  // namespace lathe::train
