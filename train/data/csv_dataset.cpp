#include "train/data/csv_dataset.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/image/read_image.h"
#include "train/data/csv.h"
#include "train/data/image_files.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;

std::optional<double> number(const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::vector<std::string> sorted(const std::set<std::string>& labels) {
  std::vector<std::string> names(labels.begin(), labels.end());
  if (std::ranges::all_of(
          names, [](const auto& name) { return number(name).has_value(); })) {
    std::ranges::stable_sort(names, {},
                             [](const auto& name) { return *number(name); });
  }
  return names;
}

}  // namespace

CsvDataset::CsvDataset(const fs::path& file, ClassifiedSetOptions options)
    : ClassifiedFiles(std::move(options)) {
  const std::vector<CsvRow> rows = read_csv(file);
  const fs::path folder = file.parent_path();
  std::vector<fs::path> files;
  std::vector<std::string> labels;
  std::vector<std::size_t> numbers;  // of the rows
  bool first = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const CsvRow& row = rows[i];
    if (row == CsvRow{""}) continue;
    const bool header = std::exchange(first, false) &&
                        !image::is_image_name(row[0]) &&
                        !fs::is_regular_file(folder / row[0]);
    if (header) continue;
    if (row.size() < 2 || row[0].empty() || row[1].empty()) {
      fail(file.string(), ": row ", i + 1, ": has ",
           row.size() < 2   ? "one field"
           : row[0].empty() ? "no path"
                            : "no label",
           "; path and label would be right");
    }
    if (!fs::is_regular_file(folder / row[0])) {
      fail(file.string(), ": row ", i + 1, ": there is no file ",
           (folder / row[0]).string());
    }
    files.push_back(folder / row[0]);
    labels.push_back(row[1]);
    numbers.push_back(i + 1);
  }
  if (files.empty()) {
    fail(file.string(), ": holds no rows of path and label");
  }
  std::vector<std::string> names = class_names();
  if (names.empty()) names = sorted({labels.begin(), labels.end()});
  std::map<std::string, std::int32_t> class_of;
  for (const std::string& name : names) {
    class_of.emplace(name, static_cast<std::int32_t>(class_of.size()));
  }
  std::vector<std::int32_t> classes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto known = class_of.find(labels[i]);
    if (known == class_of.end()) {
      fail(file.string(), ": row ", numbers[i], ": '", labels[i],
           "' is none of the known classes: ", some(names, kNamesInMessages));
    }
    classes.push_back(known->second);
  }
  settle_files(std::move(files), std::move(names), classes);
}

}  // namespace lathe::train
