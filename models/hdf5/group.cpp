#include "models/hdf5/group.h"

#include <algorithm>
#include <optional>

#include "models/hdf5/btree.h"

namespace lathe::models::hdf5 {
namespace {

constexpr std::uint64_t kLinkInfoMessage = 0x02;
constexpr std::uint64_t kLinkMessage = 0x06;
constexpr std::uint64_t kSymbolTableMessage = 0x11;

/// The links of a symbol table: a tree of nodes, whose names lie in a heap.
class SymbolTable {
 public:
  SymbolTable(const File& file, std::string_view message,
              const std::string& name)
      : file_(file),
        name_(name),
        allowance_(file, concat(file.source(), ": the HDF5 links of ", name)) {
    ByteReader table(message,
                     concat(file.source(), ": the HDF5 links of ", name));
    tree_.address = table.number(8);
    ByteReader heap =
        file.at(table.number(8), concat("the HDF5 names of ", name));
    heap.signature("HEAP");
    heap.bytes(4);  // version
    const std::uint64_t length = heap.number(8);
    heap.bytes(8);  // free room
    const std::uint64_t names = heap.number(8);
    names_ = file.at(names, concat("the HDF5 names of ", name)).bytes(length);
  }

  std::vector<Link> links() {
    for_each_child(file_, tree_, name_,
                   [this](std::string_view, std::uint64_t node) { add(node); });
    return std::move(links_);
  }

 private:
  void add(std::uint64_t address) {
    constexpr std::uint64_t kSymbolicLink = 2;
    ByteReader node = file_.at(address, concat("the HDF5 links of ", name_));
    node.signature("SNOD");
    node.bytes(2);  // version
    const std::uint64_t count = node.number(2);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string_view name = name_at(node.number(8));
      const std::uint64_t header = node.number(8);
      const std::uint64_t type = node.number(4);
      node.bytes(20);
      allowance_.take(40 + name.size());
      if (type != kSymbolicLink) {
        links_.push_back({.name = name, .address = header});
      }
    }
  }

  std::string_view name_at(std::uint64_t place) const {
    const std::string_view name =
        names_.substr(std::min<std::uint64_t>(place, names_.size()));
    return name.substr(0, name.find('\0'));
  }

  const File& file_;
  const std::string& name_;
  Allowance allowance_;
  BTree tree_;
  std::string_view names_;
  std::vector<Link> links_;
};

/// None if it is one to a name.
std::optional<Link> link_of(ByteReader message) {
  message.bytes(1);  // version
  const std::uint64_t flags = message.number(1);
  const std::uint64_t type = (flags & 0x08) != 0 ? message.number(1) : 0;
  message.bytes(((flags & 0x04) != 0 ? 8 : 0) +  // order of creation
                ((flags & 0x10) != 0 ? 1 : 0));  // the name's encoding
  const std::uint64_t length = message.number(std::uint64_t{1} << (flags & 3));
  Link link;
  link.name = message.bytes(length);
  if (type != 0) return std::nullopt;
  link.address = message.number(8);
  return link;
}

}  // namespace

bool is_group(const std::vector<HeaderMessage>& messages) {
  return std::ranges::any_of(messages, [](const HeaderMessage& message) {
    return message.type == kSymbolTableMessage ||
           message.type == kLinkInfoMessage;
  });
}

std::vector<Link> links(const File& file,
                        const std::vector<HeaderMessage>& messages,
                        const std::string& name) {
  std::vector<Link> links;
  for (const HeaderMessage& message : messages) {
    const ByteReader body(message.body, concat(file.source(), ": ", name));
    if (message.type == kSymbolTableMessage) {
      return SymbolTable(file, message.body, name).links();
    }
    if (message.type == kLinkInfoMessage) expect_no_tree(body, 8, "names");
    if (message.type == kLinkMessage) {
      if (const auto link = link_of(body)) links.push_back(*link);
    }
  }
  return links;
}

}  // namespace lathe::models::hdf5
