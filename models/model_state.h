#pragma once

#include <map>
#include <memory>
#include <utility>

#include "core/compiler/executable.h"
#include "models/model.h"

namespace lathe::models {

/// What the copies of a Model share.
struct Model::State {
  std::string name;
  std::vector<layers::Symbol> inputs;
  std::vector<layers::Symbol> outputs;
  /// Every call between inputs and outputs, each after those it reads.
  std::vector<std::shared_ptr<const layers::Call>> calls;
  std::vector<std::shared_ptr<layers::Definition>> layers;
  /// The calls of every layer in the order in which they were made.
  std::map<const layers::Definition*, std::vector<const layers::Call*>>
      calls_of;
  /// No two calls are at one depth, none has several inputs, and no layer is
  /// called twice.
  bool is_sequence = true;
  /// Compiled for predict(), by device and batch size.
  std::map<std::pair<Device, std::int64_t>, std::unique_ptr<Executable>>
      executables;

  /// Finds calls and layers from inputs and outputs, as Keras' map_graph.
  void map_graph();
};

}  // namespace lathe::models
