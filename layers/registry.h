#pragma once

#include <nlohmann/json_fwd.hpp>

#include "layers/layer.h"

namespace lathe::layers {

/// The layer that an object of class_name and config describes, as Keras'
/// config.json has them. Throws Error naming the layer where it is one that
/// lathe doesn't have (and listing those it has), or has an option that lathe
/// doesn't have.
Layer layer_from_config(const nlohmann::json& object);

/// Keras' names of the layers there are, sorted.
std::vector<std::string> layer_class_names();

}  // namespace lathe::layers
