#include "train/callback.h"

#include "core/error.h"

namespace lathe::train {

double log_value(const Logs& logs, std::string_view name) {
  std::string names;
  for (const auto& [known, value] : logs) {
    if (known == name) return value;
    names += (names.empty() ? "" : ", ") + known;
  }
  fail("logs: there is no '", name, "'; there are ", names);
}

}  // namespace lathe::train
