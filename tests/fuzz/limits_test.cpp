// Files that claim far more than they hold are refused before memory is taken
// for what they claim: within 100 MB.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "augment/json.h"
#include "core/error.h"
#include "core/image/read_image.h"
#include "layers/dense.h"
#include "layers/input.h"
#include "models/archive.h"
#include "models/keras_file.h"
#include "models/load_weights.h"
#include "models/safetensors.h"
#include "models/stored_weights.h"
#include "models/weights_file.h"
#include "tests/support/temporary_folder.h"
#include "train/data/coco.h"
#include "train/data/idx_file.h"
#include "train/data/xml.h"

namespace lathe {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::write_bytes;

struct Refusal {
  std::string message;
  double megabytes = 0;
};

/// What a process of its own says, and by how much it grew at its largest.
Refusal refusal_of(const std::function<void()>& work) {
  int pipes[2];
  if (pipe(pipes) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    rusage before{};
    getrusage(RUSAGE_SELF, &before);
    std::string message = "nothing was refused";
    try {
      work();
    } catch (const Error& error) {
      message = error.what();
    } catch (const std::exception& error) {
      message = concat("no Error: ", error.what());
    }
    rusage after{};
    getrusage(RUSAGE_SELF, &after);
    message =
        concat(static_cast<double>(after.ru_maxrss - before.ru_maxrss) / 1024,
               '\n', message.substr(0, 1000));
    const auto written = write(pipes[1], message.data(), message.size());
    _exit(written > 0 ? 0 : 1);
  }
  close(pipes[1]);
  std::string text;
  char piece[512];
  for (ssize_t got = 0; (got = read(pipes[0], piece, sizeof piece)) > 0;) {
    text.append(piece, static_cast<std::size_t>(got));
  }
  close(pipes[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (text.empty()) return {.message = concat("ended with ", status)};
  const std::size_t line = text.find('\n');
  return {.message = text.substr(line + 1),
          .megabytes = std::stod(text.substr(0, line))};
}

void expect_refused(const std::string& words,
                    const std::function<void()>& work) {
  const Refusal refusal = refusal_of(work);
  EXPECT_THAT(refusal.message, HasSubstr(words));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(refusal.megabytes, 100) << refusal.message;
#endif
}

std::string big(std::uint32_t number) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) {
    bytes += static_cast<char>(number >> shift & 0xFF);
  }
  return bytes;
}

void decode(const std::string& bytes) {
  image::decode_image(
      {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
      "claims");
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string body = type + data;
  return big(static_cast<std::uint32_t>(data.size())) + body +
         big(libdeflate_crc32(0, body.data(), body.size()));
}

TEST(Limits, ImagesThatClaimMoreThanTheyHold) {
  for (const char colour : {'\0', '\2', '\3', '\4', '\6'}) {
    const std::string header = big(16384) + big(16384) +
                               std::string{'\x08', colour} +
                               std::string(3, '\0');
    expect_refused("can hold", [&] {
      decode("\x89PNG\r\n\x1A\n" + chunk("IHDR", header) +
             chunk("PLTE", "abc") + chunk("IDAT", std::string(1000, 'x')) +
             chunk("IEND", ""));
    });
  }
  const std::string gif("GIF89a\0\x40\0\x40\0\0\0", 13);
  expect_refused("can hold", [&] {
    decode(gif + std::string(",\0\0\0\0\0\x40\0\x40\0\2\1\x44\0;", 15));
  });
  std::string jpeg = testing::read_bytes(LATHE_IMAGE_FILES "/baseline.jpg");
  const std::size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\x3F\xFF\x3F\xFF");
  expect_refused("can hold", [&] { decode(jpeg); });
}

TEST(Limits, JsonOfManyLevels) {
  constexpr std::size_t kLevels = 1'000'000;
  const TemporaryFolder folder;
  const std::string lists = std::string(kLevels, '[');
  std::string objects;
  for (std::size_t i = 0; i < kLevels / 4; ++i) {
    objects += R"({"class_name":"Functional","config":{"layers":[)";
  }
  write_bytes(folder / "coco.json", lists);
  write_bytes(folder / "a.keras",
              models::make_archive(
                  {{"config.json", objects}, {"model.weights.h5", "none"}}));
  const auto length = static_cast<char>(100);
  expect_refused("deep", [&] { augment::from_json(lists); });
  expect_refused("deep", [&] { train::read_coco(folder / "coco.json"); });
  expect_refused("deep", [&] { models::load(folder / "a.keras"); });
  expect_refused("is no JSON", [&] {
    models::SafetensorsReader(length + std::string(7, '\0') + lists, "a");
  });
  expect_refused("deep", [&] {
    std::string text;
    for (std::size_t i = 0; i < kLevels / 4; ++i) text += "<a>";
    train::parse_xml(text, "a.xml");
  });
}

TEST(Limits, ModelsWhoseFilesDontHoldTheirWeights) {
  using namespace layers;
  const TemporaryFolder folder;
  const Symbol input = Input({.shape = {4}});
  const models::Model model(input, Dense({.units = 3, .name = "top"})(input));
  models::WeightsWriter writer;
  models::write_weights(model, writer);
  const std::string weights = writer.finish();
  for (const std::int64_t units :
       {std::int64_t{100'000'000}, std::int64_t{1} << 40,
        std::int64_t{1} << 62}) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    // Where memory has no room the sanitizer ends the program.
    if (units == std::int64_t{1} << 40) continue;
#endif
    nlohmann::json config = model.serialized();
    config["config"]["layers"][1]["config"]["units"] = units;
    config["config"]["layers"][1].erase("build_config");
    const std::string text = config.dump();
    write_bytes(folder / "a.keras",
                models::make_archive(
                    {{"config.json", text}, {"model.weights.h5", weights}}));
    expect_refused("a.keras", [&] { models::load(folder / "a.keras"); });
  }
}

TEST(Limits, ArraysThatClaimMoreThanTheyHold) {
  const TemporaryFolder folder;
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[4294967296,4],"data_offsets":[0,8]}})";
  expect_refused("'a'", [&] {
    models::SafetensorsReader(static_cast<char>(header.size()) +
                                  std::string(7, '\0') + header +
                                  std::string(8, '\0'),
                              "a");
  });
  write_bytes(folder / "a.idx", std::string("\0\0\x08\3", 4) + big(60000) +
                                    big(1024) + big(1024) + "pixels");
  expect_refused("a.idx", [&] { train::read_idx(folder / "a.idx", 3); });
}

TEST(Limits, WeightsThatAreNoNumbers) {
  using namespace layers;
  const TemporaryFolder folder;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          -std::numeric_limits<float>::infinity()}) {
    const Symbol input = Input({.shape = {4}});
    models::Model model(input, Dense({.units = 3, .name = "top"})(input));
    model.weights()[0].tensor.values<float>()[7] = bad;
    models::save(model, folder / "a.keras");
    write_bytes(folder / "a.safetensors",
                models::make_safetensors(models::named_weights(model)));
    const std::string words = concat("its value 7 is ", bad);
    expect_refused(words, [&] { models::load(folder / "a.keras"); });
    for (const char* name : {"a.keras", "a.safetensors"}) {
      expect_refused(words,
                     [&] { models::load_weights(model, folder / name); });
    }
  }
}

}  // namespace
}  // namespace lathe
