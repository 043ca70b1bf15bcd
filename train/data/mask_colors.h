#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace lathe::train {

/// Which colours in mask files are which class: a line each, with a name and
/// then red, green and blue, or these and then the name, divided by commas,
/// blanks, semicolons or colons. That reads class_dict.csv, CamVid's
/// label_colors.txt and CVAT's labelmap.txt. Classes are numbered in the order
/// of their lines; a name that comes again gives its class another colour; and
/// what is called ignore, void, unlabelled or unlabeled doesn't count. Empty
/// lines, those that begin with # and a heading say nothing.
class MaskColors {
 public:
  /// Throws Error naming file and line where one can't be understood, a colour
  /// comes twice, or there are not 2 to 254 classes.
  explicit MaskColors(const std::filesystem::path& file);
  /// The same of a text; `name` is for errors.
  MaskColors(std::string_view text, const std::string& name);

  /// Without those that don't count.
  const std::vector<std::string>& class_names() const { return class_names_; }

  /// The class ids, uint8 (H, W, 1) with 255 for what doesn't count, of uint8
  /// (H, W, 3). Throws Error naming `name`, the colour and where it is, where
  /// one is no class's.
  Tensor ids_of(const Tensor& image, std::string_view name) const;

 private:
  struct Entry {
    std::uint32_t colour = 0;
    std::uint8_t id = 0;
  };

  void add(std::string_view line, bool may_be_heading);
  std::uint8_t id_of_name(const std::string& name);
  const Entry* find(std::uint32_t colour) const;

  std::vector<std::string> class_names_;
  std::vector<Entry> entries_;  // by colour
};

}  // namespace lathe::train
