#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "layers/layer.h"

namespace lathe::layers {

/// What makes a layer of a Keras config, by Keras' class names.
using Factories =
    std::map<std::string, std::function<Layer(const nlohmann::json&)>>;

/// The layer that an object of class_name and config describes, as Keras'
/// config.json has them: one of this floor's, or one of those that a floor
/// above adds as `above`. Throws Error naming the layer where it is neither
/// (and listing those there are), or has an option that lathe doesn't have.
Layer layer_from_config(const nlohmann::json& object,
                        const Factories& above = {});

/// Lets files have layers of a program's own class, as Keras'
/// register_keras_serializable does: `make` makes one of its config. Once, when
/// the program begins. Throws Error for a name that this floor or an earlier
/// call has.
void register_layer(const std::string& class_name,
                    std::function<Layer(const nlohmann::json&)> make);

/// Keras' names of this floor's layers, sorted; not those registered.
std::vector<std::string> layer_class_names();

}  // namespace lathe::layers
