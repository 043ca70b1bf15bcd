// The parts of HDF5 files that lathe reads itself, byte for byte.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "models/hdf5/attribute.h"
#include "models/hdf5/group.h"
#include "models/hdf5/object_header.h"

namespace lathe::models::hdf5 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Throws;
using ::testing::ThrowsMessage;

/// The least significant byte first.
std::string bytes_of(std::uint64_t number, int length) {
  std::string bytes;
  for (int i = 0; i < length; ++i) {
    bytes.push_back(static_cast<char>(number & 0xFF));
    number >>= 8;
  }
  return bytes;
}

std::string first_message(int type, const std::string& body) {
  return bytes_of(type, 2) + bytes_of(body.size(), 2) + bytes_of(0, 4) + body;
}

std::string first_header(const std::string& messages) {
  return bytes_of(1, 8) + bytes_of(messages.size(), 4) + bytes_of(0, 4) +
         messages;
}

std::string continuation(std::uint64_t address, std::uint64_t length) {
  return bytes_of(address, 8) + bytes_of(length, 8);
}

/// The file that has these bytes from address 0 on, after its superblock.
std::string file_of(const std::string& bytes) {
  constexpr std::uint64_t kSuperblockBytes = 48;
  return "\x89HDF\r\n\x1a\n" + bytes_of(2, 1) + bytes_of(8, 1) +
         bytes_of(8, 2) + bytes_of(kSuperblockBytes, 8) + bytes_of(0, 8) +
         bytes_of(bytes.size(), 8) + bytes_of(0, 8) + bytes_of(0, 4) + bytes;
}

std::vector<std::string> bodies(const std::string& bytes) {
  const std::string whole = file_of(bytes);
  const File file(whole, "a.h5");
  std::vector<std::string> bodies;
  for (const HeaderMessage& message : header_messages(file, 0, "x")) {
    bodies.emplace_back(message.body);
  }
  return bodies;
}

TEST(ObjectHeader, GoesOnInOtherBlocks) {
  const std::string more = first_message(5, "more....");
  const std::string here = continuation(56, more.size());
  const std::string header =
      first_header(first_message(5, "first...") + first_message(16, here));
  ASSERT_EQ(header.size(), 56U);
  EXPECT_THAT(bodies(header + more), ElementsAre("first...", here, "more...."));
}

TEST(ObjectHeader, GoesOnInSignedBlocks) {
  const auto message = [](int type, const std::string& body) {
    // Their order of creation comes after the flags.
    return bytes_of(type, 1) + bytes_of(body.size(), 2) + bytes_of(0, 3) + body;
  };
  const std::string more = "OCHK" + message(5, "more") + "..." + bytes_of(0, 4);
  const std::string here = continuation(61, more.size());
  const std::string messages = message(5, "first") + message(16, here);
  // With times, and where attributes go.
  const std::string header = "OHDR" + bytes_of(2, 1) + bytes_of(0x34, 1) +
                             bytes_of(0, 20) + bytes_of(messages.size(), 1) +
                             messages + bytes_of(0, 1);
  ASSERT_EQ(header.size(), 61U);
  EXPECT_THAT(bodies(header + more), ElementsAre("first", here, "more"));
}

TEST(ObjectHeader, EndsWhereABlockLeadsToItself) {
  const std::string header =
      first_header(first_message(16, continuation(16, 24)));
  EXPECT_THAT([&] { bodies(header); },
              ThrowsMessage<Error>(HasSubstr(
                  "a.h5: x: the HDF5 header is longer than the whole file")));
}

TEST(ObjectHeader, RefusesEveryTruncation) {
  const std::string more = first_message(5, "more....");
  const std::string file =
      first_header(first_message(16, continuation(40, more.size()))) + more;
  EXPECT_EQ(bodies(file).size(), 2U);
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_THAT([&] { bodies(file.substr(0, size)); }, Throws<Error>()) << size;
  }
  const std::string whole = file_of(file);
  EXPECT_THAT(
      [&] { header_messages(File(whole, "a.h5"), file.size() + 1, "x"); },
      Throws<Error>());
}

/// Of links with their order of creation, a type and an encoding, as HDF5
/// writes where asked to.
std::string link(const std::string& name, int type, std::uint64_t address) {
  return bytes_of(1, 1) + bytes_of(0x1D, 1) + bytes_of(type, 1) +
         bytes_of(0, 9) + bytes_of(name.size(), 2) + name +
         bytes_of(address, 8);
}

std::vector<Link> links_of(const std::vector<HeaderMessage>& messages) {
  static const std::string whole = file_of("");
  static const File file(whole, "a.h5");
  return links(file, messages, "x");
}

TEST(Group, HasLinksInItsHeader) {
  const std::string first = link("first", 0, 96);
  const std::string soft = link("soft", 1, 5);
  const auto links =
      links_of({{.type = 6, .body = first}, {.type = 6, .body = soft}});
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0].name, "first");
  EXPECT_EQ(links[0].address, 96U);
  for (std::size_t size = 0; size < first.size(); ++size) {
    const std::string cut = first.substr(0, size);
    EXPECT_THAT([&] { links_of({{.type = 6, .body = cut}}); }, Throws<Error>());
  }
}

TEST(Group, SaysThatItCannotReadAHeapOfLinks) {
  const std::string none = bytes_of(0, 2) + bytes_of(~std::uint64_t{0}, 8);
  EXPECT_THAT(links_of({{.type = 2, .body = none}}), ElementsAre());
  const std::string heap = bytes_of(0, 2) + bytes_of(64, 8);
  EXPECT_THAT([&] { links_of({{.type = 2, .body = heap}}); },
              ThrowsMessage<Error>(HasSubstr("libver='earliest'")));
}

/// A group whose tree's one child is at `child`, at the level given.
std::string symbol_table(std::uint64_t child, int level) {
  const std::string node = "TREE" + bytes_of(0, 1) + bytes_of(level, 1) +
                           bytes_of(1, 2) + bytes_of(0, 16) + bytes_of(0, 8) +
                           bytes_of(child, 8) + bytes_of(0, 8);
  const std::string heap = "HEAP" + bytes_of(0, 4) + bytes_of(8, 8) +
                           bytes_of(0, 8) + bytes_of(80, 8) +
                           std::string("\0name\0\0\0", 8);
  const std::string symbols = "SNOD" + bytes_of(1, 2) + bytes_of(1, 2) +
                              bytes_of(1, 8) + bytes_of(700, 8) +
                              bytes_of(0, 24);
  return file_of(node + heap + symbols);
}

std::vector<Link> links_of_table(const std::string& whole) {
  const File file(whole, "a.h5");
  const std::string message = bytes_of(0, 8) + bytes_of(48, 8);
  return links(file, {{.type = 0x11, .body = message}}, "x");
}

TEST(Group, HasLinksInASymbolTable) {
  const std::string whole = symbol_table(88, 0);
  const auto links = links_of_table(whole);
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0].name, "name");
  EXPECT_EQ(links[0].address, 700U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT([&] { links_of_table(whole.substr(0, size)); }, Throws<Error>())
        << size;
  }
}

TEST(Group, RefusesTreesThatLeadToThemselves) {
  EXPECT_THAT([] { links_of_table(symbol_table(0, 0)); }, Throws<Error>());
  EXPECT_THAT([] { links_of_table(symbol_table(0, 1)); },
              ThrowsMessage<Error>(
                  HasSubstr("a.h5: x: an HDF5 tree has a node of another")));
}

struct Parts {
  int version = 1;
  std::string datatype;
  std::string dataspace;
  std::string values;
};

std::string attribute(const Parts& parts) {
  const auto part = [&](std::string bytes) {
    if (parts.version == 1) bytes.resize((bytes.size() + 7) / 8 * 8);
    return bytes;
  };
  return bytes_of(parts.version, 2) + bytes_of(5, 2) +
         bytes_of(parts.datatype.size(), 2) +
         bytes_of(parts.dataspace.size(), 2) +
         (parts.version == 3 ? bytes_of(1, 1) : "") +
         part(std::string("name\0", 5)) + part(parts.datatype) +
         part(parts.dataspace) + parts.values;
}

const TextHeaps& no_heaps() {
  static const std::string whole = file_of("");
  static const TextHeaps heaps(File(whole, "a.h5"));
  return heaps;
}

std::vector<std::string> texts(const Parts& parts) {
  const std::string message = attribute(parts);
  const Attribute read(message, "a.h5: x");
  EXPECT_EQ(read.name(), "name");
  return read.texts(no_heaps());
}

std::string text_of_bytes(std::uint64_t size) {
  return bytes_of(0x13, 4) + bytes_of(size, 4);
}

TEST(Attributes, AreReadInEveryVersion) {
  const std::string first = bytes_of(1, 1) + bytes_of(1, 7) + bytes_of(2, 8);
  const std::string second = bytes_of(2, 1) + bytes_of(1, 3) + bytes_of(2, 8);
  for (const int version : {1, 2, 3}) {
    for (const std::string& dataspace : {first, second}) {
      EXPECT_THAT(texts({.version = version,
                         .datatype = text_of_bytes(3),
                         .dataspace = dataspace,
                         .values = std::string("abcd\0\0", 6)}),
                  ElementsAre("abc", "d"))
          << version;
    }
  }
}

TEST(Attributes, OfNoTextOrOfTooManyAreRefused) {
  const Parts sound = {.datatype = text_of_bytes(3),
                       .dataspace = bytes_of(1, 8) + bytes_of(0, 0),
                       .values = "abc"};
  EXPECT_THAT(texts(sound), ElementsAre("abc"));
  Parts empty = sound;
  empty.dataspace = bytes_of(1, 1) + bytes_of(1, 7) + bytes_of(0, 8);
  EXPECT_THAT(texts(empty), ElementsAre());

  const auto expect_refusal = [&](Parts parts, const char* message) {
    EXPECT_THAT([&] { texts(parts); },
                ThrowsMessage<Error>(HasSubstr(message)));
  };
  Parts other = sound;
  other.datatype = bytes_of(0x11, 4) + bytes_of(4, 4);  // a number
  expect_refusal(other, "a.h5: x: the attribute name is no text");
  other.datatype = text_of_bytes(0);
  expect_refusal(other, "is no text");
  other.datatype = bytes_of(0x19, 4) + bytes_of(16, 4);  // several numbers
  expect_refusal(other, "is no text");
  other.datatype = bytes_of(0x119, 4) + bytes_of(8, 4);
  expect_refusal(other, "is no text");
  other = sound;
  other.values = "ab";
  expect_refusal(other, "the attribute name claims");
  other.dataspace = bytes_of(1, 1) + bytes_of(2, 7) + bytes_of(1ULL << 40, 8) +
                    bytes_of(1ULL << 40, 8);
  expect_refusal(other, "the attribute name claims more values");
}

TEST(Attributes, SayThatTheyCannotBeReadFromAHeap) {
  const std::string none = bytes_of(0, 2) + bytes_of(~std::uint64_t{0}, 8);
  const std::string heap = bytes_of(0x100, 4) + bytes_of(64, 8);
  const std::string whole = attribute({.datatype = text_of_bytes(3),
                                       .dataspace = bytes_of(1, 8),
                                       .values = "abc"});
  EXPECT_EQ(
      attributes({{.type = 0x15, .body = none}, {.type = 0x0C, .body = whole}},
                 "a.h5: x")
          .size(),
      1U);
  EXPECT_THAT(
      [&] { attributes({{.type = 0x15, .body = heap}}, "a.h5: x"); },
      ThrowsMessage<Error>(HasSubstr("a.h5: x has its attributes in a tree")));
}

TEST(Attributes, RefuseEveryTruncation) {
  const std::string whole = attribute({.datatype = text_of_bytes(3),
                                       .dataspace = bytes_of(1, 8),
                                       .values = "abc"});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(
        [&] { Attribute(whole.substr(0, size), "a.h5: x").texts(no_heaps()); },
        Throws<Error>())
        << size;
  }
}

}  // namespace
}  // namespace lathe::models::hdf5
