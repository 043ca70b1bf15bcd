#include "train/data/classification_folder.h"

#include <algorithm>

#include "core/error.h"
#include "train/data/image_files.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> sub_folders(const fs::path& folder,
                                     std::int64_t& skipped) {
  if (!fs::is_directory(folder)) {
    fail(folder.string(), ": there is no such folder");
  }
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') || !entry.is_directory()) {
      ++skipped;
    } else {
      names.push_back(name);
    }
  }
  if (names.empty()) {
    fail(folder.string(), ": holds no sub-folders; one for each class, with ",
         "its images in it, would be right");
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace

ClassificationFolder::ClassificationFolder(const fs::path& folder,
                                           ClassifiedSetOptions options)
    : ClassifiedFiles(std::move(options)) {
  std::int64_t skipped = 0;
  std::vector<std::string> found = sub_folders(folder, skipped);
  if (!class_names().empty()) {
    for (const std::string& name : found) {
      if (std::ranges::find(class_names(), name) == class_names().end()) {
        fail((folder / name).string(), ": '", name,
             "' is none of the known classes: ",
             some(class_names(), kNamesInMessages));
      }
    }
    found = class_names();
  }
  std::vector<fs::path> files;
  std::vector<std::int32_t> labels;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const ImageFiles images = find_images(folder / found[i], true);
    skipped += images.skipped;
    files.insert(files.end(), images.paths.begin(), images.paths.end());
    labels.resize(files.size(), static_cast<std::int32_t>(i));
  }
  settle_files(std::move(files), std::move(found), labels, skipped);
}

}  // namespace lathe::train
