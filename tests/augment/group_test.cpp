#include "augment/group.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "augment/parse.h"
#include "tests/augment/apply_one.h"

namespace lathe::augment {
namespace {

using ::testing::HasSubstr;

/// An operation that makes images of another size, for these tests alone.
struct Half {
  static constexpr std::string_view kName = "half";
  std::int64_t divisor = 2;

  template <class Self, class Visitor>
  static void visit(Self&, Visitor&&) {}
  void check() const {}
  std::vector<std::string> parameters() const { return {}; }
  void draw(Philox&, std::span<float>) const {}
  Matrix matrix(std::span<const float>, ImageSize) const {
    return {{static_cast<double>(divisor), 0, 0, 0,
             static_cast<double>(divisor), 0, 0, 0, 1}};
  }
  std::optional<Sampling> sampling() const { return {}; }
  ImageSize output_size(ImageSize size) const {
    return {.height = size.height / divisor, .width = size.width / divisor};
  }
};

std::string error_of(const std::function<void()>& make) {
  try {
    make();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Group, ChildrenChangeExtentsForAllSamplesOrNone) {
  const Augmentation half(OneOf{{Half{}, Half{}}});
  EXPECT_EQ(Pipeline({half}).output_size({.height = 6, .width = 8}).width, 4);
  EXPECT_EQ(Pipeline({Augmentation(Sequence{{RandomFlip{}, Half{}}})})
                .output_size({.height = 6, .width = 8})
                .height,
            3);
  EXPECT_THAT(
      error_of([] {
        Augmentation(Sequence{{Half{}}, 0.5F});
      }),
      HasSubstr("sequence: half makes 512x512 of an image of 1024x1024, "
                "and only for some samples"));
  for (const auto& make : std::vector<std::function<void()>>{
           [] {
             Augmentation(OneOf{{Half{}, RandomFlip{}}});
           },
           [] {
             Augmentation(OneOf{{Half{}, Half{3}}});
           },
           [] {
             Augmentation(OneOf{{Half{}, Half{}}, 0.5F});
           },
           [] {
             Augmentation(SomeOf{{Half{}, RandomFlip{}}});
           },
           [] {
             Augmentation(RandomOrder{{Half{}, RandomFlip{}}});
           }}) {
    EXPECT_THAT(error_of(make), HasSubstr("must come to the same extents"));
  }
}

// What can't share a pass comes after another; nobody needs to know.
TEST(Group, ChildrenThatReadPixelsOtherwiseTakeAPassEach) {
  const Pipeline pipeline = parse(
      "one_of(rotation=0.1,zoom(height_factor=0.2,fill_mode=wrap),invert=1)");
  EXPECT_THAT(pipeline.summary(), HasSubstr("1 operations in 2 passes"));
}

TEST(Group, NestsFreely) {
  const Pipeline pipeline = parse(
      "sequence(one_of(sequence(flip,invert=1),random_order(hue,gamma)),"
      "some_of(rotation,zoom,n=1),p=0.9)");
  EXPECT_EQ(pipeline.row_length(),
            1 + (1 + (1 + 2 + 1) + (2 + 1 + 1)) + (2 + 1 + 2));
  EXPECT_THAT(pipeline.summary(), HasSubstr("in 2 passes"));
  EXPECT_THAT(pipeline.augmentations()[0].parameters(),
              ::testing::Contains("one_of.sequence.flip.horizontal"));
  EXPECT_THAT(pipeline.replay(1, 2, 3), HasSubstr("sequence(one_of("));
}

}  // namespace
}  // namespace lathe::augment
