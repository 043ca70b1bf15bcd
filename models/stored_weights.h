#pragma once

#include "models/model.h"
#include "models/safetensors.h"
#include "models/training_state.h"
#include "models/weights_file.h"

namespace lathe::models {

/// A layer of a model or of one within it, and where Keras keeps it in a file:
/// group "layers/functional/layers/conv2d_1", path "backbone/stem".
struct PlacedLayer {
  std::shared_ptr<layers::Definition> layer;
  std::string group;
  std::string path;
};
std::vector<PlacedLayer> placed_layers(const Model& model);

/// Every weight under its layer's path and its own name,
/// "backbone/stem/kernel", in the order of placed_layers(). In a functional
/// model without nested ones it is Keras' `path`.
std::vector<NamedTensor> named_weights(const Model& model);

/// The groups of a file that hold variables of layers.
std::vector<std::string> groups_with_variables(const WeightsReader& reader);

/// Keras stores a layer's trainable variables before the others, also where the
/// layer itself is frozen.
std::vector<layers::Weight> stored_order(const layers::Definition& layer);

/// "layer 'stem' (Conv2D)", for errors.
std::string title(const layers::Definition& layer);

/// Writes a model's weights where Keras looks for them: layer after layer in
/// `layers/<class in snake case>[_k]/vars/<i>`, trainable ones first.
void write_weights(const Model& model, WeightsWriter& writer);

/// Reads them from there, all or none. Throws Error naming file, layer and
/// both shapes where file and model differ.
void read_weights(const Model& model, const WeightsReader& reader);

/// Writes iterations, learning rate, and what the optimizer keeps of each
/// trainable weight as `optimizer/vars/<i>`. Throws Error unless it fits the
/// model.
void write_optimizer(const Model& model, const TrainingState& state,
                     WeightsWriter& writer);

/// Reads iterations, learning rate and, for the optimizers that lathe has, what
/// they keep.
void read_optimizer(const Model& model, const WeightsReader& reader,
                    TrainingState& state);

}  // namespace lathe::models
