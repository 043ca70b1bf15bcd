#include "train/callbacks/monitor.h"

#include <cmath>

#include "core/error.h"

namespace lathe::train {

Monitor::Monitor(std::string_view callback, std::string name,
                 std::string_view mode, double min_delta)
    : name_(std::move(name)),
      least_(mode == "min" || (mode == "auto" && name_.ends_with("loss"))),
      min_delta_(std::abs(min_delta)) {
  if (mode != "min" && mode != "max" && mode != "auto") {
    fail(callback, ": the mode is '", mode, "'; it can be min, max or auto");
  }
}

bool Monitor::improves(const Logs& logs) {
  const double value = log_value(logs, name_);
  const bool better =
      std::isnan(best_) ||
      (least_ ? value + min_delta_ < best_ : value - min_delta_ > best_);
  if (better) best_ = value;
  return better;
}

}  // namespace lathe::train
