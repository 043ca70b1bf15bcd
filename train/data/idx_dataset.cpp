#include "train/data/idx_dataset.h"

#include <algorithm>
#include <cctype>

#include "core/error.h"
#include "train/data/idx_file.h"
#include "train/data/image_files.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;

// Some give the files out with a point where others have a hyphen.
fs::path find(const fs::path& folder, std::string_view part,
              std::string_view kind, std::string_view type) {
  for (const char* joint : {"-", "."}) {
    for (const char* ending : {"", ".gz"}) {
      fs::path file = folder / concat(part, "-", kind, joint, type, ending);
      if (fs::is_regular_file(file)) return file;
    }
  }
  fail(folder.string(), ": holds no ", part, "-", kind, "-", type,
       ", neither as it is nor as .gz");
}

bool is_fashion_mnist(const fs::path& folder) {
  std::string letters;
  for (const unsigned char c :
       fs::weakly_canonical(folder).filename().string()) {
    if (std::isalpha(c) != 0) letters += static_cast<char>(std::tolower(c));
  }
  return letters == "fashionmnist";
}

std::vector<std::string> names_of(const fs::path& folder, std::int32_t last) {
  if (is_fashion_mnist(folder) && last < 10) {
    return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
            "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
  }
  std::vector<std::string> names;
  for (std::int32_t i = 0; i <= last; ++i) names.push_back(std::to_string(i));
  return names;
}

}  // namespace

IdxDataset::IdxDataset(const fs::path& folder, std::string_view part,
                       ClassifiedSetOptions options)
    : ClassifiedSet(std::move(options)),
      file_(find(folder, part, "images", "idx3-ubyte")) {
  const fs::path label_file = find(folder, part, "labels", "idx1-ubyte");
  const Tensor stored = read_idx(label_file, 1);
  images_ = read_idx(file_, 3);
  if (stored.elements() != images_.shape()[0]) {
    fail(label_file.string(), ": ", stored.elements(), " labels for the ",
         images_.shape()[0], " images of ", file_.string());
  }
  const auto values = stored.values<std::uint8_t>();
  const std::vector<std::int32_t> labels(values.begin(), values.end());
  const auto last = std::ranges::max_element(labels);
  std::vector<std::string> names = class_names();
  if (names.empty()) names = names_of(folder, *last);
  if (*last >= static_cast<std::int32_t>(names.size())) {
    fail(label_file.string(), ": label ", *last, " of image ",
         last - labels.begin(), "; there are classes 0 to ", names.size() - 1);
  }
  settle(std::move(names), labels);
}

void IdxDataset::read_image(std::int64_t place, const Tensor& image) const {
  const Shape& shape = images_.shape();
  resize_into(images_.rows(place, 1).reshaped({shape[1], shape[2], 1}), image);
}

std::string IdxDataset::image_name(std::int64_t place) const {
  return concat(file_.string(), ", image ", place);
}

}  // namespace lathe::train
