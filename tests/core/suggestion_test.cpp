#include "core/suggestion.h"

#include <gtest/gtest.h>

namespace lathe {
namespace {

TEST(Suggestion, CountsEditsAndExchangedNeighbours) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("zoom", "zoom"), 0U);
  EXPECT_EQ(edit_distance("", "zoom"), 4U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("rotatoin", "rotation"), 1U);
}

TEST(Suggestion, NamesTheNearestAndAll) {
  EXPECT_EQ(suggestion("zom", {"flip", "zoom"}),
            "; did you mean 'zoom'? There are flip, zoom");
  EXPECT_EQ(suggestion("heat", {"hear", "head", "tail"}),
            "; did you mean 'hear' or 'head'? There are hear, head, tail");
  EXPECT_EQ(suggestion("spin", {"flip", "zoom"}), "; there are flip, zoom");
  EXPECT_EQ(suggestion("", {"p"}), "; there are p");
}

}  // namespace
}  // namespace lathe
