#include "apps/mask_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace lathe::apps {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string refusal_of(const PredictOptions& options,
                       const std::vector<fs::path>& photographs) {
  try {
    MaskNames(options, photographs);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(MaskNames, AreThoseOfThePhotographs) {
  PredictOptions options;
  options.output = "masks";
  const MaskNames names(options, {"in/a.jpg", "in/b.c.png"});
  EXPECT_EQ(names.of("in/a.jpg"), "masks/a");
  EXPECT_EQ(names.of("in/b.c.png"), "masks/b.c");
}

TEST(MaskNames, KeepTheExtensionOfThoseThatDifferInNothingElse) {
  PredictOptions options;
  options.output = "masks";
  const MaskNames names(options, {"in/a.jpg", "in/a.png", "in/b.png"});
  EXPECT_EQ(names.of("in/a.jpg"), "masks/a.jpg");
  EXPECT_EQ(names.of("in/a.png"), "masks/a.png");
  EXPECT_EQ(names.of("in/b.png"), "masks/b");
}

TEST(MaskNames, TakeNoPhotographsPlace) {
  const lathe::testing::TemporaryFolder folder;
  const fs::path& in = folder.path();
  PredictOptions options;
  options.output = in / "." / "";
  EXPECT_THAT(refusal_of(options, {in / "a.png"}),
              HasSubstr("would take the place of a photograph; choose another "
                        "--output"));
  EXPECT_EQ(refusal_of(options, {in / "a.jpg"}), "none");
  const std::vector<fs::path> both{in / "a.jpg", in / "a_overlay.png"};
  options.output = in / "masks";
  EXPECT_EQ(refusal_of(options, both), "none");
  options.overlay = true;
  EXPECT_THAT(refusal_of(options, both),
              HasSubstr("a_overlay.png: would be written of both"));
}

}  // namespace
}  // namespace lathe::apps
