#include "layers/registry.h"

#include <nlohmann/json.hpp>

#include "layers/activation.h"
#include "layers/add.h"
#include "layers/average_pooling2d.h"
#include "layers/batch_normalization.h"
#include "layers/concatenate.h"
#include "layers/conv2d.h"
#include "layers/conv2d_transpose.h"
#include "layers/dense.h"
#include "layers/depthwise_conv2d.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/global_average_pooling2d.h"
#include "layers/global_max_pooling2d.h"
#include "layers/input.h"
#include "layers/max_pooling2d.h"
#include "layers/multiply.h"
#include "layers/normalization.h"
#include "layers/relu.h"
#include "layers/rescaling.h"
#include "layers/reshape.h"
#include "layers/separable_conv2d.h"
#include "layers/up_sampling2d.h"
#include "layers/zero_padding2d.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

const Factories& factories() {
  static const Factories all = {
      {"Activation", Activation::from_config},
      {"Add", Add::from_config},
      {"AveragePooling2D", AveragePooling2D::from_config},
      {"BatchNormalization", BatchNormalization::from_config},
      {"Concatenate", Concatenate::from_config},
      {"Conv2D", Conv2D::from_config},
      {"Conv2DTranspose", Conv2DTranspose::from_config},
      {"Dense", Dense::from_config},
      {"DepthwiseConv2D", DepthwiseConv2D::from_config},
      {"Dropout", Dropout::from_config},
      {"Flatten", Flatten::from_config},
      {"GlobalAveragePooling2D", GlobalAveragePooling2D::from_config},
      {"GlobalMaxPooling2D", GlobalMaxPooling2D::from_config},
      {"InputLayer", InputLayer::from_config},
      {"MaxPooling2D", MaxPooling2D::from_config},
      {"Multiply", Multiply::from_config},
      {"Normalization", Normalization::from_config},
      {"ReLU", ReLU::from_config},
      {"Rescaling", Rescaling::from_config},
      {"Reshape", Reshape::from_config},
      {"SeparableConv2D", SeparableConv2D::from_config},
      {"UpSampling2D", UpSampling2D::from_config},
      {"ZeroPadding2D", ZeroPadding2D::from_config},
  };
  return all;
}

Factories& registered() {
  static Factories all;
  return all;
}

std::string text_of(const json& object, const char* key) {
  const auto entry = object.find(key);
  return entry != object.end() && entry->is_string() ? entry->get<std::string>()
                                                     : std::string();
}

}  // namespace

std::vector<std::string> layer_class_names() {
  std::vector<std::string> names;
  for (const auto& entry : factories()) names.push_back(entry.first);
  return names;
}

void register_layer(const std::string& class_name,
                    std::function<Layer(const json&)> make) {
  if (factories().contains(class_name) ||
      !registered().emplace(class_name, std::move(make)).second) {
    fail("register_layer: there is a layer ", class_name,
         "; another name would be right");
  }
}

Layer layer_from_config(const json& object, const Factories& above) {
  if (!object.is_object() || !object.contains("config") ||
      !object["config"].is_object()) {
    fail("a layer's description is ", object.dump(),
         "; it should be an object with class_name and config");
  }
  const json& config = object["config"];
  const std::string class_name = text_of(object, "class_name");
  const std::string module = text_of(object, "module");
  Factories all = factories();
  all.insert(above.begin(), above.end());
  all.insert(registered().begin(), registered().end());
  const auto factory = all.find(class_name);
  // The operators of keras.ops have names like layers', and other options.
  if (factory == all.end() ||
      module.find("keras.src.ops") != std::string::npos) {
    std::string known;
    for (const auto& entry : all) {
      known += (known.empty() ? "" : ", ") + entry.first;
    }
    fail("layer '", text_of(config, "name"), "' is a ",
         module.empty() ? "" : module + ".", class_name,
         ", which lathe does not have; it has ", known);
  }
  Layer layer = factory->second(config);
  layer.definition().set_trainable(config.value("trainable", true));
  return layer;
}

}  // namespace lathe::layers
