#pragma once

#include <vector>

#include "models/model.h"
#include "train/loss.h"
#include "train/optimizer.h"

namespace lathe::testing {

/// What an output of a network learns: a target for its loss.
struct Head {
  train::Loss loss;
  Tensor target;
  std::vector<float> class_weights = {};
};

/// A small network with all that a step of training needs.
struct RandomNetwork {
  models::Model model;
  Tensor images;  ///< float32 (N, H, W, C)
  std::vector<Head> heads;
  train::Optimizer optimizer;
};

/// Draws layers of all kinds in all settings, between sides of 1 and 33 pixels,
/// with up to three heads, some layers frozen. The same seed gives the same
/// network, weights and data.
RandomNetwork random_network(std::uint64_t seed);

}  // namespace lathe::testing
