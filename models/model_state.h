#pragma once

#include <map>
#include <memory>
#include <tuple>

#include "core/compiler/executable.h"
#include "models/model.h"

namespace lathe::models {

/// What the copies of a Model share, and the layer that it is in another.
struct Model::State final : layers::Definition {
  State(bool sequential, std::string name)
      : Definition(sequential ? "Sequential" : "Functional", std::move(name)) {}

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
  std::vector<std::string> class_names;
  /// Compiled for predict(), by device, precision and batch size.
  std::map<std::tuple<Device, Precision, std::int64_t>,
           std::unique_ptr<Executable>>
      executables;

  /// Finds calls and layers from inputs and outputs, as Keras' map_graph.
  void map_graph();

  bool is_sequential() const { return class_name() == "Sequential"; }
  nlohmann::json functional_config() const;
  nlohmann::json sequential_config() const;
  nlohmann::json config() const override;
  Shape output_shape(const std::vector<Shape>& shapes) const override;
  /// Adds the operations of all calls; a value for each output.
  std::vector<graph::ValueId> lower_all(
      layers::Lowering& lowering,
      const std::vector<graph::ValueId>& values) const;
  graph::ValueId lower(
      layers::Lowering& lowering,
      const std::vector<graph::ValueId>& values) const override {
    return lower_all(lowering, values).at(0);
  }
  /// Of this model and every layer; without, reading a file sets each alone.
  void set_trainable(bool trainable) override;
  const std::vector<std::shared_ptr<Definition>>& sublayers() const override {
    return layers;
  }
};

}  // namespace lathe::models
