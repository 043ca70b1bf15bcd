#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/communication/communicator.h"
#include "core/device.h"
#include "core/precision.h"
#include "train/loss.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace lathe::train {

struct TrainerOptions {
  Optimizer optimizer = Adam{};
  /// What the optimizer's learning rate is multiplied with, step by step.
  Schedule schedule = Constant{};
  Loss loss = BinaryCrossentropy{};
  /// What losses in training (not in evaluation) are multiplied with according
  /// to their target; a number a class or none. As Keras' class_weight: the sum
  /// of the weighted losses is divided by their number, so large weights are
  /// like a larger learning rate.
  std::vector<float> class_weights;
  /// Of accuracy, top_5_accuracy, f1, iou, mean_iou, dice.
  std::vector<std::string> metrics = {"accuracy"};
  Device device = Device::cpu;
  Precision precision = Precision::fp32;
  /// On a GPU: do a step by one call (CompileOptions::capture).
  bool capture = true;
  /// Keep less of the forward pass and compute it again in the backward pass
  /// (CompileOptions::low_memory); the result is the same to the bit.
  bool low_memory = false;
  /// Initial weights aside (Model::initialize), everything drawn in training.
  std::uint64_t seed = 0;
  /// How fast the moving statistics of batch normalisations forget their
  /// start: MovingStatistics::warm_up. A negative number is exactly Keras,
  /// whose models predict badly for their first hundreds of steps.
  double statistics_warm_up = 9;
  /// The processes that train this model together, each with its part of every
  /// batch; null where it is this one alone. All make the same trainer and call
  /// the same of its functions, but for save().
  std::shared_ptr<Communicator> ranks = {};
  /// Whether batch normalisations take the statistics of the whole batch, as
  /// one process would, rather than of a rank's part of it; those that were
  /// made `synchronized` do in any case.
  bool synchronized_statistics = true;
  /// Graph passes not to run, by name.
  std::vector<std::string> disabled_passes;
};

}  // namespace lathe::train
