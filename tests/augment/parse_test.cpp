#include "augment/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace lathe::augment {
namespace {

std::string error_of(std::string_view text) {
  try {
    parse(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Parse, EveryTextComesBack) {
  for (const std::string text :
       {"none",
        "flip=horizontal",
        "flip=vertical,rotation=0.1",
        "rotation=-0.1:0.2,zoom=0.2,translation=0.1",
        "flip(mode=horizontal_and_vertical,shared_bit=true)",
        "zoom(height_factor=0.2,width_factor=-0.3:0.1,fill_mode=wrap)",
        "rotation(factor=0.1,fill_mode=constant,interpolation=nearest,"
        "fill_value=0.5)",
        "translation(height_factor=0:0.25,width_factor=0)",
        "contrast=0.2,brightness=-0.1:0.3",
        "color_jitter(brightness=0.2,hue=0.05,random_order=true)",
        "saturation=-1:0,hue=0.1,grayscale=0.2,gamma=-0.5:1,invert=0.5",
        "solarize=0.5:0.75,posterize=4,channel_shuffle=1",
        "solarize(threshold=0.25,p=0.5),turn=true",
        "shear(x_factor=0.2,y_factor=-0.1:0.2),resized_crop=0.5:1,"
        "box_safe_crop(minimum=0.5,size=20:30)",
        "autocontrast=0.25,equalize=1,clahe(clip_limit=2,tiles=4)",
        "sharpness(factor=0.25:1,fill_mode=constant),gaussian_blur=1,"
        "motion_blur(kernel_size=5,p=0.5),gaussian_noise=0:0.2",
        "salt_and_pepper(amount=0.1,salt=0.25),jpeg=50:90",
        "erasing(scale=0.1:0.2,noise=true,masks=true),cutout=0.25",
        "grid_mask(unit=0.25,ratio=0.25:0.5),color_degeneration=0.5:1",
        "one_of(flip=horizontal,rotation=0.1,p=0.5)",
        "randaugment(num_ops=3,magnitude=15),trivialaugment=bilinear",
        "augmix(num_chains=2,chain_depth=1,factor=0.5,all_ops=false)",
        "sequence(autoaugment=imagenet,p=0.5)",
        "sequence(flip=vertical,some_of(zoom(height_factor=0.2,fill_mode=wrap),"
        "random_order(hue=0.1,contrast=0.2,p=0.25),n=1:2))"}) {
    EXPECT_EQ(to_text(parse(text)), text);
  }
}

TEST(Parse, DefaultsAndSpacesNeedNotBeWritten) {
  EXPECT_EQ(to_text(parse("")), "none");
  EXPECT_EQ(to_text(parse("flip")), "flip=horizontal_and_vertical");
  EXPECT_EQ(to_text(parse(" zoom ( fill_mode = wrap ) , flip = vertical ")),
            "zoom(height_factor=0.2,fill_mode=wrap),flip=vertical");
  EXPECT_EQ(to_text(parse("rotation()")), "rotation=0.1");
}

TEST(Parse, EveryOperationHasAProbability) {
  EXPECT_EQ(to_text(parse("rotation(factor=0.1,p=0.3)")),
            "sequence(rotation=0.1,p=0.3)");
  EXPECT_EQ(to_text(parse("solarize(p=0.5)")), "solarize(threshold=0.5,p=0.5)");
}

TEST(Parse, MeansTheSameAsTheOptions) {
  EXPECT_EQ(parse("flip=horizontal,rotation=-0.1:0.2").replay(1, 2, 3),
            (Pipeline{RandomFlip{"horizontal"},
                      RandomRotation{.factor = {-0.1, 0.2}}})
                .replay(1, 2, 3));
}

TEST(Parse, KnowsEveryAugmentationOnce) {
  const std::vector<std::string> names = known_names();
  EXPECT_THAT(names, ::testing::IsSupersetOf({"flip", "one_of", "zoom"}));
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  // Names that groups take for options of their own.
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("p")));
  EXPECT_THAT(names, ::testing::Not(::testing::Contains("n")));
}

TEST(Parse, ErrorsNameThePartAndWhatIsPossible) {
  using ::testing::HasSubstr;
  EXPECT_THAT(error_of("flip,spin=0.1"),
              HasSubstr("'spin=0.1': no augmentation 'spin'; there are "));
  EXPECT_THAT(error_of("flip=diagonal"),
              HasSubstr("none of horizontal, vertical"));
  EXPECT_THAT(error_of("rotation=much"),
              HasSubstr("factor: 'much' is neither a number nor a range"));
  EXPECT_THAT(error_of("rotation=0.1:"), HasSubstr("nor a range"));
  EXPECT_THAT(error_of("rotation=2"), HasSubstr("must lie within -1 to 1"));
  EXPECT_THAT(error_of("rotation(angle=3)"),
              HasSubstr("no option 'angle'; there are factor, fill_mode"));
  EXPECT_THAT(error_of("rotation(factor=0.1"), HasSubstr("parentheses"));
  EXPECT_THAT(error_of("rotation(factor=0.1)x"), HasSubstr("parenthesis"));
  EXPECT_THAT(error_of("rotation(0.1)"), HasSubstr("option=value"));
  EXPECT_THAT(error_of("zoom(fill_mode=wrap,fill_mode=wrap)"),
              HasSubstr("given twice"));
  EXPECT_THAT(error_of("zoom(fill_mode=black)"),
              HasSubstr("fill_mode 'black' is none of constant, nearest"));
  EXPECT_THAT(error_of("flip(shared_bit=1)"), HasSubstr("neither true nor"));
  EXPECT_THAT(error_of("zoom(fill_value=nan)"), HasSubstr("not a number"));
  EXPECT_THAT(error_of("rotatoin=0.1"),
              HasSubstr("did you mean 'rotation'? There are"));
  EXPECT_THAT(error_of("rotation(fil_mode=wrap)"),
              HasSubstr("did you mean 'fill_mode'? There are factor"));
  EXPECT_THAT(error_of("rotation=0.2:-0.1"),
              HasSubstr("upside down; write the lower end first, -0.1:0.2"));
  EXPECT_THAT(error_of("rotation(p=2)"), HasSubstr("must lie within 0 to 1"));
  EXPECT_THAT(error_of("randaugment=1.5"), HasSubstr("not a whole number"));
  EXPECT_THAT(error_of("one_of"), HasSubstr("one_of: no operations"));
  EXPECT_THAT(error_of("one_of=0.5"), HasSubstr("one_of: no operations"));
  EXPECT_THAT(error_of("one_of(flip,spin)"), HasSubstr("'spin'"));
  EXPECT_THAT(error_of("one_of(flip,p=0.5,p=0.5)"), HasSubstr("given twice"));
  EXPECT_THAT(error_of("some_of(flip,zoom,n=3)"),
              HasSubstr("n is 3 to 3; it must lie within 0 to 2"));
  EXPECT_THAT(error_of("some_of(flip,zoom,n=0.5:1)"), HasSubstr("whole"));
  EXPECT_THAT(error_of("rotation(flip)"), HasSubstr("option=value"));
  EXPECT_THAT(error_of("flip,,zoom"), HasSubstr("no augmentation ''"));
}

}  // namespace
}  // namespace lathe::augment
