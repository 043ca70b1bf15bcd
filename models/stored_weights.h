#pragma once

#include "models/model.h"
#include "models/training_state.h"
#include "models/weights_file.h"

namespace lathe::models {

/// Writes a model's weights where Keras looks for them: layer after layer in
/// layers/<class in snake case>[_k]/vars/<i>, trainable ones first.
void write_weights(const Model& model, WeightsWriter& writer);

/// Reads them from there, all or none. Throws Error naming file, layer and
/// both shapes where file and model differ.
void read_weights(const Model& model, const WeightsReader& reader);

/// Writes iterations, learning rate, and the slots of each trainable weight as
/// optimizer/vars/<i>. Throws Error unless the slots fit the model.
void write_optimizer(const Model& model, const TrainingState& state,
                     WeightsWriter& writer);

/// Reads iterations, learning rate and, for Adam, the slots.
void read_optimizer(const Model& model, const WeightsReader& reader,
                    TrainingState& state);

}  // namespace lathe::models
