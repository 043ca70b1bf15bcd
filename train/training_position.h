#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "train/callback.h"

namespace lathe::train {

/// Where a training is; saved with the model and restored on resume.
struct Position {
  std::int64_t epoch = 0;          ///< whole epochs done
  std::int64_t step_of_epoch = 0;  ///< steps done of the epoch under way
  std::int64_t step = 0;           ///< steps done in all
  double loss_sum = 0;             ///< of the epoch under way, over its samples
  std::int64_t samples = 0;        ///< of the epoch under way
  /// ConfusionCounts of the epoch under way, in files; empty at its start.
  std::vector<std::int64_t> confusion = {};
  std::int64_t top_5 = 0;
  std::vector<Logs> history = {};  ///< a row an epoch
  /// Batches that the moving statistics have seen.
  std::int64_t statistics_count = 0;
  /// What the run drew from.
  std::uint64_t seed = 0;
  /// What the schedule multiplies.
  double learning_rate = 0;
  /// Whether the model has the weights' moving averages and the optimizer the
  /// weights, or, as in training, the other way round.
  bool averages_in_model = false;
  /// graph::UpdateOptions::joined_after.
  std::vector<std::int64_t> joined_after = {};
};

/// JSON text, with every bit of every number.
std::string to_json(const Position& position);

/// Throws Error naming `file` where the text is not what to_json writes.
Position position_from(const std::string& json, const std::string& file);

}  // namespace lathe::train
