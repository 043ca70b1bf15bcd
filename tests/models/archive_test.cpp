#include "models/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/temporary_folder.h"

namespace lathe::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string small_archive() {
  return make_archive(
      {{"config.json", "{\"a\": 1}"}, {"empty", ""}, {"in/folder", "text"}});
}

/// Replaces a word wherever it stands, by one of the same length.
std::string with(std::string bytes, std::string_view word,
                 std::string_view other) {
  for (std::size_t at = bytes.find(word); at != std::string::npos;
       at = bytes.find(word, at)) {
    bytes.replace(at, word.size(), other);
  }
  return bytes;
}

TEST(Archive, GivesBackWhatWasWritten) {
  const testing::TemporaryFolder folder;
  testing::write_bytes(folder / "a.zip", small_archive());
  const ArchiveReader reader(folder / "a.zip");
  EXPECT_EQ(reader.read("config.json"), "{\"a\": 1}");
  EXPECT_EQ(reader.read("empty"), "");
  EXPECT_EQ(reader.read("in/folder"), "text");
  EXPECT_FALSE(reader.has("other"));
  EXPECT_THAT([&] { reader.read("other"); },
              ThrowsMessage<Error>(HasSubstr("a.zip has no entry 'other'")));
}

TEST(Archive, IsTheSameBytesEachTime) {
  EXPECT_EQ(small_archive(), small_archive());
}

TEST(Archive, RefusesEveryTruncation) {
  const testing::TemporaryFolder folder;
  const std::string whole = small_archive();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    testing::write_bytes(folder / "cut.zip", whole.substr(0, size));
    EXPECT_THAT([&] { ArchiveReader reader(folder / "cut.zip"); },
                ThrowsMessage<Error>(HasSubstr("cut.zip")))
        << "cut to " << size << " bytes";
  }
}

TEST(Archive, NeverGivesOtherBytesWhereABitIsFlipped) {
  const testing::TemporaryFolder folder;
  const std::string whole = small_archive();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    testing::write_bytes(folder / "damaged.zip", damaged);
    try {
      const ArchiveReader reader(folder / "damaged.zip");
      EXPECT_EQ(reader.read("in/folder"), "text") << "byte " << i;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("damaged.zip")) << "byte " << i;
    }
  }
}

TEST(Archive, RefusesNamesThatLeaveTheFolder) {
  const testing::TemporaryFolder folder;
  for (const std::string name : {"../folder", "/etc/folder", "in\\folder"}) {
    testing::write_bytes(folder / "a.zip", make_archive({{name, "text"}}));
    EXPECT_THAT([&] { ArchiveReader reader(folder / "a.zip"); },
                ThrowsMessage<Error>(HasSubstr("leaves the folder")))
        << name;
  }
}

TEST(Archive, RefusesAnEntryThatClaimsTooMuch) {
  const testing::TemporaryFolder folder;
  // The lengths of the 4 bytes of "text", packed and not, in both headers.
  const std::string four("\x04\0\0\0\x04\0\0\0", 8);
  const std::string much("\x04\0\0\0\0\0\0\x7f", 8);
  testing::write_bytes(folder / "a.zip",
                       with(make_archive({{"entry", "text"}}), four, much));
  EXPECT_THAT([&] { ArchiveReader reader(folder / "a.zip"); },
              ThrowsMessage<Error>(HasSubstr("claims")));
}

TEST(Archive, NamesAMissingFile) {
  EXPECT_THAT([] { ArchiveReader reader("/no/such.keras"); },
              ThrowsMessage<Error>(HasSubstr("/no/such.keras")));
}

}  // namespace
}  // namespace lathe::models
