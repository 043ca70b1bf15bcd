#include "models/hdf5/object_header.h"

namespace lathe::models::hdf5 {
namespace {

constexpr std::uint64_t kContinuationMessage = 0x10;
constexpr std::string_view kHeaderSignature = "OHDR";
constexpr std::string_view kBlockSignature = "OCHK";
constexpr std::uint64_t kChecksumBytes = 4;

/// Goes from block to block of a header.
class HeaderReader {
 public:
  HeaderReader(const File& file, const std::string& name)
      : file_(file),
        name_(concat(name, ": the HDF5 header")),
        allowance_(file, concat(file.source(), ": ", name_)) {}

  std::vector<HeaderMessage> read(std::uint64_t address) {
    ByteReader header = file_.at(address, name_);
    is_second_version_ =
        ByteReader(header).bytes(kHeaderSignature.size()) == kHeaderSignature;
    read_block(is_second_version_ ? second_version(header)
                                  : first_version(header));
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      if (messages_[i].type == kContinuationMessage) follow(messages_[i].body);
    }
    return std::move(messages_);
  }

 private:
  /// These skip what comes before the messages, whose bytes they return.
  static std::string_view first_version(ByteReader& header) {
    header.bytes(8);  // version, number of messages, references
    const std::uint64_t length = header.number(4);
    header.bytes(4);
    return header.bytes(length);
  }
  std::string_view second_version(ByteReader& header) {
    header.bytes(kHeaderSignature.size() + 1);
    const std::uint64_t flags = header.number(1);
    has_creation_order_ = (flags & 0x04) != 0;
    header.bytes(((flags & 0x20) != 0 ? 16 : 0) +  // times
                 ((flags & 0x10) != 0 ? 4 : 0));   // how attributes are stored
    const std::uint64_t length = header.number(std::uint64_t{1} << (flags & 3));
    return header.bytes(length);
  }

  void follow(std::string_view continuation) {
    ByteReader place(continuation, concat(file_.source(), ": ", name_));
    ByteReader block = file_.at(place.number(8), name_);
    const std::uint64_t length = place.number(8);
    allowance_.take(length);
    if (!is_second_version_) {
      read_block(block.bytes(length));
    } else {
      block.signature(kBlockSignature);
      read_block(block.bytes(length - kBlockSignature.size() - kChecksumBytes));
    }
  }

  void read_block(std::string_view bytes) {
    ByteReader block(bytes, concat(file_.source(), ": ", name_));
    const std::uint64_t order_bytes = has_creation_order_ ? 2 : 0;
    const std::uint64_t prefix = is_second_version_ ? 4 + order_bytes : 8;
    // A gap too small for a message may come last.
    while (block.left() >= prefix) {
      HeaderMessage message;
      message.type = block.number(is_second_version_ ? 1 : 2);
      const std::uint64_t length = block.number(2);
      message.is_shared = (block.number(1) & 2) != 0;
      block.bytes(is_second_version_ ? order_bytes : 3);
      message.body = block.bytes(length);
      messages_.push_back(message);
    }
  }

  const File& file_;
  std::string name_;
  Allowance allowance_;
  bool is_second_version_ = false;
  bool has_creation_order_ = false;
  std::vector<HeaderMessage> messages_;
};

}  // namespace

std::vector<HeaderMessage> header_messages(const File& file,
                                           std::uint64_t address,
                                           const std::string& name) {
  return HeaderReader(file, name).read(address);
}

void expect_no_tree(ByteReader information, std::uint64_t count_bytes,
                    std::string_view what) {
  information.bytes(1);  // version
  const bool has_count = (information.number(1) & 1) != 0;
  information.bytes(has_count ? count_bytes : 0);
  if (information.number(8) != kNowhere) {
    fail(information.name(), " has its ", what, " in a tree; ", kHowToBeRead);
  }
}

}  // namespace lathe::models::hdf5
