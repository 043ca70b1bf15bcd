#include "models/model_size.h"

#include <nlohmann/json.hpp>

namespace lathe::models {

Model at_size(const Model& model, const ImageSize& size) {
  const auto resize = [&](nlohmann::json& shape) {
    shape[1] = size.height;
    shape[2] = size.width;
  };
  nlohmann::json object = model.serialized();
  nlohmann::json& config = object.at("config");
  for (nlohmann::json& layer : config.at("layers")) {
    if (layer.at("class_name") == "InputLayer") {
      resize(layer.at("config").at("batch_shape"));
    }
  }
  if (config.contains("build_input_shape")) {
    resize(config.at("build_input_shape"));
  }
  Model result = Model::from_config(object, FirstWeights::left_open);
  result.copy_weights_from(model);
  result.set_class_names(model.class_names());
  return result;
}

}  // namespace lathe::models
