#include "augment/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "augment/parse.h"
#include "tests/support/temporary_folder.h"

namespace lathe::augment {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::string_view text) {
  try {
    from_json(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Json, SaysWhatIsNotAtItsDefault) {
  EXPECT_EQ(
      to_json(parse("flip=horizontal,one_of(rotation=-0.1:0.2,invert,p=0.5),"
                    "zoom(width_factor=0.5,fill_mode=wrap)"))
          .dump(),
      R"([{"name":"flip","mode":"horizontal"},)"
      R"({"name":"one_of","p":0.5,"operations":[)"
      R"({"name":"rotation","factor":[-0.1,0.2]},{"name":"invert"}]},)"
      R"({"name":"zoom","width_factor":0.5,"fill_mode":"wrap"}])");
  EXPECT_EQ(to_json(Pipeline{}).dump(), "[]");
}

TEST(Json, ReadsOptionsAsTheyAreWritten) {
  EXPECT_EQ(to_text(from_json(R"([
      {"name": "rotation", "factor": 0.1, "p": 0.3},
      {"name": "flip", "shared_bit": true},
      {"name": "randaugment", "magnitude": 12},
      {"name": "zoom", "width_factor": null, "height_factor": [0, 1]}])")),
            "sequence(rotation=0.1,p=0.3),"
            "flip(mode=horizontal_and_vertical,shared_bit=true),"
            "randaugment(num_ops=2,magnitude=12),zoom=0:1");
}

/// A text of random operations, each with one random option of a kind that most
/// have, or a group of such.
std::string random_text(Philox& random, int depth) {
  const auto number = [&] {
    return write(static_cast<float>(random.below(900) + 1) / 1000);
  };
  const auto among = [&](const std::vector<std::string>& texts) {
    return texts[random.below(static_cast<std::uint32_t>(texts.size()))];
  };
  if (depth > 0 && random.below(3) == 0) {
    std::string parts;
    const std::uint32_t children = 1 + random.below(3);
    for (std::uint32_t i = 0; i < children; ++i) {
      parts += concat(random_text(random, depth - 1), ",");
    }
    return concat(among({"one_of", "some_of", "sequence", "random_order"}), "(",
                  parts, "p=", number(), ")");
  }
  return among(
      {concat("rotation=", number()),
       concat("rotation(factor=-", number(), ":", number(),
              ",interpolation=nearest,p=", number(), ")"),
       concat("zoom(height_factor=0:", number(), ",width_factor=none)"),
       concat("flip=", among({"horizontal", "vertical"})),
       "flip(shared_bit=true)", concat("solarize(p=", number(), ")"),
       "posterize=2:4", "autoaugment",
       concat("color_jitter(brightness=", number(), ",random_order=true)"),
       concat("translation(fill_mode=constant,fill_value=", number(), ")")});
}

TEST(Json, TextAndJsonAndBackSayTheSame) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Philox random({.seed = seed});
    std::string text = random_text(random, 3);
    for (std::uint32_t more = random.below(3); more > 0; --more) {
      text += concat(",", random_text(random, 3));
    }
    SCOPED_TRACE(concat("seed ", seed, ": ", text));
    const Pipeline pipeline = parse(text);
    const std::string canonical = to_text(pipeline);
    const Pipeline again = from_json(to_json(pipeline).dump());
    EXPECT_EQ(to_text(again), canonical);
    EXPECT_EQ(to_text(parse(canonical)), canonical);
    EXPECT_EQ(to_json(parse(canonical)), to_json(again));
    EXPECT_EQ(again.replay(seed, 1, 2), pipeline.replay(seed, 1, 2));
  }
}

TEST(Json, ErrorsNameTheOperation) {
  EXPECT_THAT(error_of("[{"), HasSubstr("is no JSON"));
  EXPECT_THAT(error_of("{}"), HasSubstr("should be a list"));
  EXPECT_THAT(error_of(R"(["flip"])"), HasSubstr("an object with a name"));
  EXPECT_THAT(error_of(R"([{"mode": "vertical"}])"),
              HasSubstr("an object with a name"));
  EXPECT_THAT(error_of(R"([{"name": "flipp"}])"),
              HasSubstr("did you mean 'flip'?"));
  EXPECT_THAT(error_of(R"([{"name": "rotation", "factor": [0.2, 0.1]}])"),
              HasSubstr("upside down"));
  EXPECT_THAT(error_of(R"([{"name": "rotation", "factor": [0.2]}])"),
              HasSubstr("'[0.2]' is neither a number nor a range"));
  EXPECT_THAT(error_of(R"([{"name": "rotation", "angle": 3}])"),
              HasSubstr("no option 'angle'"));
  EXPECT_THAT(error_of(R"([{"name": "one_of", "operations": {}}])"),
              HasSubstr("should be a list"));
  EXPECT_THAT(error_of(R"([{"name": "one_of"}])"), HasSubstr("no operations"));
  EXPECT_THAT(
      error_of(R"([{"name": "flip", "operations": [{"name": "zoom"}]}])"),
      HasSubstr("flip: it is no group"));
}

TEST(Json, AFileIsReadWhereOneIsNamed) {
  const testing::TemporaryFolder folder;
  const std::string path = folder.path() / "augment.json";
  std::ofstream(path) << R"([{"name": "hue", "factor": 0.2}])";
  EXPECT_EQ(to_text(read_pipeline(path)), "hue=0.2");
  EXPECT_EQ(to_text(read_pipeline("hue=0.3")), "hue=0.3");
  std::ofstream(path) << "[1]";
  for (const std::string& bad : {path, std::string("none.json")}) {
    try {
      read_pipeline(bad);
      ADD_FAILURE() << bad << " was read";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(bad));
    }
  }
}

}  // namespace
}  // namespace lathe::augment
