#include "models/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "core/error.h"
#include "tests/support/compare.h"

namespace lathe::models {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string with_length(std::uint64_t length, const std::string& rest) {
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  return bytes + rest;
}

// A file of that header and so many bytes.
std::string file(const std::string& header, std::size_t size) {
  return with_length(header.size(), header + std::string(size, '\0'));
}

TEST(Safetensors, GiveBackWhatWasWritten) {
  const auto kernel = Tensor::from<float>({2, 3}, {1, -2, 3.5, 0, 1e-30F, 6});
  const auto count = Tensor::from<std::int64_t>({}, {1LL << 40});
  const Tensor none({0, 4});
  const std::string bytes = make_safetensors(
      {{"a/kernel", kernel}, {"b \"é\"", none}, {"count", count}});
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  EXPECT_EQ(length % 8, 0U);
  const SafetensorsReader reader(bytes, "w.safetensors");
  EXPECT_THAT(reader.names(), ElementsAre("a/kernel", "b \"é\"", "count"));
  EXPECT_EQ(reader.shape("a/kernel"), (Shape{2, 3}));
  EXPECT_EQ(reader.shape("count"), Shape());
  EXPECT_EQ(reader.shape("b \"é\""), (Shape{0, 4}));
  const Tensor read({2, 3});
  reader.read("a/kernel", read);
  testing::expect_identical(read, kernel);
  const Tensor number({}, DType::int64);
  reader.read("count", number);
  testing::expect_identical(number, count);
  EXPECT_THAT([&] { reader.read("count", read); },
              ThrowsMessage<Error>(HasSubstr(
                  "w.safetensors: tensor 'count' is of I64; the model's is of "
                  "F32")));
}

TEST(Safetensors, AreReadAsOthersWriteThem) {
  const SafetensorsReader reader(
      file(R"({"__metadata__": {"format": "pt"}, "b": {"dtype": "F16",)"
           R"( "shape": [2], "data_offsets": [4, 8]}, "a": {"data_offsets":)"
           R"( [0, 4], "shape": [], "dtype": "F32"}}     )",
           8),
      "w");
  EXPECT_THAT(reader.names(), ElementsAre("a", "b"));
  const SafetensorsReader counts(
      file(
          R"({"count": {"dtype": "I32", "shape": [2], "data_offsets": [0, 8]}})",
          4) +
          std::string("\xfe\xff\xff\xff", 4),
      "w");
  const Tensor count({2}, DType::int64);
  counts.read("count", count);
  testing::expect_identical(count, Tensor::from<std::int64_t>({2}, {0, -2}));
}

TEST(Safetensors, AreRefusedWhereTheHeaderLies) {
  const auto refused = [](const std::string& bytes, const char* text) {
    SCOPED_TRACE(bytes);
    EXPECT_THAT([&] { SafetensorsReader(bytes, "w.safetensors"); },
                ThrowsMessage<Error>(
                    AllOf(HasSubstr("w.safetensors"), HasSubstr(text))));
  };
  refused("1234567", "7 bytes are no safetensors file");
  refused(with_length(3, "{}"), "its header has 3 bytes");
  refused(with_length(~0ULL, "{}"), "its header has 18446744073709551615");
  refused(file("[]", 0), "no JSON object");
  refused(file("{\"a\": ", 0), "is no JSON");
  refused(file("", 0), "is no JSON");
  refused(file("{}", 4), "its tensors end at byte 0 of 4");
  const auto entry = [](const char* dtype, const char* shape,
                        const char* offsets) {
    return concat(R"({"dtype": ")", dtype, R"(", "shape": )", shape,
                  R"(, "data_offsets": )", offsets, "}");
  };
  const auto one = [&](const char* dtype, const char* shape,
                       const char* offsets) {
    return file(concat(R"({"stem": )", entry(dtype, shape, offsets), "}"), 8);
  };
  refused(one("F32", "[3]", "[0, 12]"), "tensor 'stem': it is at [0,12] of 8");
  refused(one("F32", "[2]", "[8, 0]"), "tensor 'stem': it is at [8,0]");
  refused(one("F32", "[2]", "[0]"), "tensor 'stem': ");
  refused(one("F32", "[2]", "[0, 4, 8]"), "tensor 'stem': it is at [0,4,8]");
  refused(one("F32", "[2]", "[-4, 4]"), "-4 is no whole number");
  refused(one("F32", "[2]", "[0.0, 8]"), "0.0 is no whole number");
  refused(one("F32", "[-2]", "[0, 8]"), "-2 is no whole number");
  refused(one("F32", "[1]", "[0, 8]"), "its shape [1] of F32 doesn't fill");
  refused(one("F32", "[3]", "[0, 8]"), "larger than the file");
  refused(one("F64", "[2]", "[0, 8]"), "larger than the file");
  refused(one("F32", "[4294967296, 4294967296, 2]", "[0, 8]"),
          "larger than the file");
  refused(one("F33", "[2]", "[0, 8]"), "its dtype is F33");
  refused(one("F32", "2", "[0, 8]"), "tensor 'stem': ");
  refused(one("F32", "[1]", "[0, 4]"), "its tensors end at byte 4 of 8");
  refused(file(R"({"stem": 3})", 0), "tensor 'stem': ");
  refused(file(R"({"stem": {"dtype": 3}})", 0), "tensor 'stem': ");
  const auto two = [&](const char* first, const char* second) {
    return file(concat(R"({"a": )", entry("F32", "[1]", first), R"(, "b": )",
                       entry("F32", "[1]", second), "}"),
                8);
  };
  refused(two("[0, 4]", "[2, 6]"), "begins at byte 2");
  refused(two("[0, 4]", "[0, 4]"), "begins at byte 0");
}

}  // namespace
}  // namespace lathe::models
