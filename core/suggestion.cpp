#include "core/suggestion.h"

#include <algorithm>

#include "core/error.h"

namespace lathe {

std::size_t edit_distance(std::string_view one, std::string_view other) {
  const std::size_t width = other.size() + 1;
  std::vector<std::size_t> distances((one.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return distances[i * width + j];
  };
  for (std::size_t i = 0; i <= one.size(); ++i) at(i, 0) = i;
  for (std::size_t j = 0; j <= other.size(); ++j) at(0, j) = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t change = one[i - 1] == other[j - 1] ? 0 : 1;
      at(i, j) = std::min(
          {at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] &&
          one[i - 2] == other[j - 1]) {
        at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
      }
    }
  }
  return at(one.size(), other.size());
}

std::string suggestion(std::string_view name,
                       const std::vector<std::string>& known) {
  std::string names;
  for (const std::string& each : known) {
    names += concat(names.empty() ? "" : ", ", each);
  }
  std::size_t nearest = std::max<std::size_t>(1, name.size() / 3) + 1;
  std::string near;
  for (const std::string& each : known) {
    const std::size_t distance = edit_distance(name, each);
    if (distance > nearest || distance >= name.size()) continue;
    if (distance < nearest) near.clear();
    if (distance < nearest || !near.empty()) {
      near += concat(near.empty() ? "'" : " or '", each, "'");
    }
    nearest = distance;
  }
  if (near.empty()) return concat("; there are ", names);
  return concat("; did you mean ", near, "? There are ", names);
}

}  // namespace lathe
