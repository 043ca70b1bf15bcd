#include "models/hdf5/btree.h"

#include <optional>

namespace lathe::models::hdf5 {
namespace {

class Walk {
 public:
  Walk(const File& file, const BTree& tree, const std::string& name,
       const std::function<void(std::string_view, std::uint64_t)>& call)
      : file_(file),
        tree_(tree),
        name_(concat(name, ": an HDF5 tree")),
        call_(call),
        allowance_(file, concat(file.source(), ": ", name_)) {}

  /// Of the highest node any level will do.
  void visit(std::uint64_t address, std::optional<std::uint64_t> level) {
    ByteReader node = file_.at(address, name_);
    node.signature("TREE");
    const std::uint64_t type = node.number(1);
    const std::uint64_t own_level = node.number(1);
    if (type != tree_.type || own_level != level.value_or(own_level)) {
      fail(node.name(), " has a node of another");
    }
    const std::uint64_t children = node.number(2);
    node.bytes(16);  // the nodes beside it
    allowance_.take(24 + children * (tree_.key_bytes + 8));
    for (std::uint64_t i = 0; i < children; ++i) {
      const std::string_view key = node.bytes(tree_.key_bytes);
      const std::uint64_t child = node.number(8);
      if (own_level == 0) {
        call_(key, child);
      } else {
        visit(child, own_level - 1);
      }
    }
  }

 private:
  const File& file_;
  const BTree& tree_;
  std::string name_;
  const std::function<void(std::string_view, std::uint64_t)>& call_;
  Allowance allowance_;
};

}  // namespace

void for_each_child(const File& file, const BTree& tree,
                    const std::string& name,
                    const std::function<void(std::string_view key,
                                             std::uint64_t child)>& call) {
  Walk(file, tree, name, call).visit(tree.address, std::nullopt);
}

}  // namespace lathe::models::hdf5
