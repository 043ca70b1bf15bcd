#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/graph/graph.h"

namespace lathe::layers {

/// Keras' activations. silu is also called swish: x sigmoid(x). softmax is over
/// the last axis.
enum class ActivationFunction { linear, relu, silu, sigmoid, softmax, tanh };

/// Keras' name, "relu".
std::string_view name_of(ActivationFunction function);
/// By name ("swish" too); throws Error listing what there is.
ActivationFunction activation_from(std::string_view name);

void to_json(nlohmann::json& json, ActivationFunction function);

/// Adds the function to a graph; linear adds nothing.
graph::ValueId apply_activation(graph::Graph& graph,
                                ActivationFunction function, graph::ValueId x,
                                const std::string& name);

}  // namespace lathe::layers
