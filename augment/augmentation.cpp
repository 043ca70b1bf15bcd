#include "augment/augmentation.h"

#include "core/error.h"

namespace lathe::augment {

NamedTexts Augmentation::changed_options() const {
  const NamedTexts defaults = operation_->defaults();
  NamedTexts changed;
  for (auto& option : options()) {
    if (std::ranges::find(defaults, option) == defaults.end()) {
      changed.push_back(std::move(option));
    }
  }
  return changed;
}

std::string Augmentation::text() const {
  NamedTexts written = changed_options();
  if (!operation_->groups()) {
    const auto first = options().front();
    if (written.empty() || written.front() != first) {
      written.insert(written.begin(), first);
    }
    if (written.size() == 1) return concat(name(), "=", first.second);
  }
  std::string parts;
  const auto add = [&](const std::string& part) {
    parts += concat(parts.empty() ? "" : ",", part);
  };
  for (const Augmentation& each : operations()) add(each.text());
  for (const auto& [option, value] : written) {
    add(concat(option, "=", value));
  }
  return concat(name(), "(", parts, ")");
}

std::string Augmentation::describe(std::span<const float> row) const {
  if (operation_->groups()) return describe_group(row);
  if (const auto words = operation_->describe(row)) {
    return concat(name(), ": ", *words);
  }
  std::string text = concat(name(), ":");
  const std::vector<std::string> names = parameters();
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += concat(i == 0 ? " " : ", ", names[i], " ", write(row[i]));
  }
  return text;
}

// The children's numbers follow each other after the group's own.
std::string Augmentation::describe_group(std::span<const float> row) const {
  const std::vector<Augmentation> children = operations();
  std::vector<std::span<const float>> rows(children.size());
  std::size_t end = row.size();
  for (std::size_t i = rows.size(); i-- > 0;) {
    const std::size_t length = children[i].parameters().size();
    end -= length;
    rows[i] = row.subspan(end, length);
  }
  std::string parts;
  for (const std::size_t i : operation_->acting(row)) {
    parts += concat(parts.empty() ? "" : "; ", children[i].describe(rows[i]));
  }
  return concat(name(), "(", parts.empty() ? "nothing" : parts, ")");
}

}  // namespace lathe::augment
