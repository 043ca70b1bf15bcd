#include "apps/mask_file_options.h"

#include <CLI/CLI.hpp>

namespace lathe::apps {

void MaskFileOptions::set(train::SegmentationFolderOptions& folder) const {
  folder.mask_values = mask_values;
  if (!mask_colors.empty()) folder.mask_colors.emplace(mask_colors);
  if (!mask_suffix.empty()) folder.mask_suffix = mask_suffix;
}

void add_mask_file_options(CLI::App& app, MaskFileOptions& o,
                           const std::string& group) {
  app.add_option("--mask-values", o.mask_values,
                 "Mask values in the order of their classes (0,255), or "
                 "value=class pairs (1=0,2=1,3=ignore)")
      ->group(group);
  app.add_option("--mask-colors", o.mask_colors,
                 "File of a coloured mask's classes, a line each: name,r,g,b "
                 "or r g b name; what is called ignore or void doesn't count")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--mask-suffix", o.mask_suffix,
                 "What mask names have behind the image's (_mask); found by "
                 "itself where left out")
      ->group(group);
}

std::string wrong_combination(const MaskFileOptions& o) {
  if (o.mask_values.empty() || o.mask_colors.empty()) return {};
  return "--mask-values is for grey masks and --mask-colors for coloured ones; "
         "give one of them";
}

}  // namespace lathe::apps
