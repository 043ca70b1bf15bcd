#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "train/callback.h"

namespace lathe::train {

/// Watches a number of the logs for its best value.
class Monitor {
 public:
  /// `mode`: "min" or "max", which is better, or "auto": the least of a loss
  /// and the largest of everything else. Throws Error naming the callback for
  /// another.
  Monitor(std::string_view callback, std::string name, std::string_view mode,
          double min_delta = 0);

  /// Whether the logs' number is better than the best so far, by more than
  /// min_delta; it is the best then. The first number is.
  bool improves(const Logs& logs);

  const std::string& name() const { return name_; }
  double best() const { return best_; }

 private:
  std::string name_;
  bool least_;
  double min_delta_;
  double best_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace lathe::train
