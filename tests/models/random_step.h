#pragma once

#include <map>
#include <set>
#include <string>

#include "core/compiler/executable.h"
#include "tests/models/random_network.h"

namespace lathe::testing {

/// How a network is computed.
struct Setting {
  CompileOptions compile = {};
  bool training = true;
  std::shared_ptr<Communicator> ranks = {};
};

/// What came of it, by name.
struct Outcome {
  std::map<std::string, Tensor> predictions;  ///< of each head, and the loss
  std::map<std::string, Tensor> gradients;    ///< of each trained weight
  std::map<std::string, Tensor> states;       ///< moving statistics and others
  /// The passes that changed the graph, the operations that ran.
  std::set<std::string> passes;
  std::set<std::string> operations;
};

/// Predicts and counts or, with `training`, does a whole step. Fails the test
/// unless a second run gives the same bits, and metrics and update are what
/// `reference` makes of the predictions and gradients.
Outcome run(const RandomNetwork& network, const Setting& setting);

}  // namespace lathe::testing
