#pragma once

#include <string>
#include <vector>

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
  /// Initial weights aside (Model::initialize), everything drawn in training.
  std::uint64_t seed = 0;
  /// How fast the moving statistics of batch normalisations forget their
  /// start: MovingStatistics::warm_up. A negative number is exactly Keras,
  /// whose models predict badly for their first hundreds of steps.
  double statistics_warm_up = 9;
  /// Graph passes not to run, by name.
  std::vector<std::string> disabled_passes;
};

}  // namespace lathe::train
