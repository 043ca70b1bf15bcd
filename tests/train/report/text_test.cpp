#include "train/report/text.h"

#include <gtest/gtest.h>

namespace lathe::train {
namespace {

using Lines = std::vector<std::string>;

TEST(Text, CountsLettersNotBytes) {
  EXPECT_EQ(letters(""), 0);
  EXPECT_EQ(letters("cat"), 3);
  EXPECT_EQ(letters("M\xC3\xB6we \xE9\xB3\xA5"), 6);
}

TEST(Text, IsWrittenInAsciiAndShortened) {
  EXPECT_EQ(written("M\xC3\xB6we\t\xE9\xB3\xA5", 10), "M?we??");
  EXPECT_EQ(written("abcdef", 6), "abcdef");
  EXPECT_EQ(written("abcdefg", 6), "abcd..");
  EXPECT_EQ(written("abcdefg", 1), "..");
}

TEST(Text, IsWrappedBetweenWords) {
  EXPECT_EQ(wrapped("", 5), Lines{""});
  EXPECT_EQ(wrapped("shirt, not coat 0.97", 10),
            (Lines{"shirt, not", "coat 0.97"}));
  EXPECT_EQ(wrapped("shirt, not coat 0.97", 15),
            (Lines{"shirt, not coat", "0.97"}));
  EXPECT_EQ(wrapped("abcdefghi jk", 4), (Lines{"abcd", "efgh", "i jk"}));
}

}  // namespace
}  // namespace lathe::train
