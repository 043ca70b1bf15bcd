#include <algorithm>
#include <nlohmann/json.hpp>

#include "augment/layer.h"
#include "core/error.h"
#include "layers/input.h"
#include "layers/registry.h"
#include "models/model_state.h"

namespace lathe::models {
namespace {

using layers::Call;
using layers::Definition;
using layers::Layer;
using layers::Symbol;
using nlohmann::json;

json shape_config(const Shape& shape) {
  json extents = json::array();
  for (const std::int64_t extent : shape) {
    extents.push_back(extent == -1 ? json() : json(extent));
  }
  return extents;
}

bool is_of_keras(const Definition& layer) {
  static const std::vector<std::string> names = layers::layer_class_names();
  return std::ranges::binary_search(names, layer.class_name()) ||
         augment::layer_factories().contains(layer.class_name());
}

// A layer with its class, as Keras serializes it; one of a program's own under
// the name by which Keras looks for it among its custom objects.
json layer_object(const Definition& layer) {
  const bool functional = layer.class_name() == "Functional";
  const bool sequential = layer.class_name() == "Sequential";
  const bool own = !functional && !sequential && !is_of_keras(layer);
  json object = {{"module", functional   ? json("keras.src.models.functional")
                            : sequential ? json("keras")
                            : own        ? json()
                                         : json("keras.layers")},
                 {"class_name", layer.class_name()},
                 {"config", layer.config()},
                 {"registered_name",
                  functional || own ? json(layer.class_name()) : json()}};
  if (functional) {
    object["build_config"] = {{"input_shape", nullptr}};
  } else if (sequential) {
    object["build_config"] = {
        {"input_shape", object["config"]["build_input_shape"]}};
  } else if (!layer.weights().empty()) {
    object["build_config"] = {
        {"input_shape", shape_config(layer.build_shapes()[0])}};
  }
  return object;
}

// Throws Error saying what is wrong with a model's config.
[[noreturn]] void refuse_config(const std::string& what) {
  fail("model config: ", what);
}

const json& entry(const json& object, const char* key,
                  const std::string& where) {
  if (!object.is_object() || !object.contains(key)) {
    refuse_config(concat(where, " has no '", key, "'"));
  }
  return object.at(key);
}

bool is_functional(std::string_view class_name) {
  return class_name == "Functional" || class_name == "Model";
}

// A model, or a layer of any floor below.
Layer layer_from(const json& object, FirstWeights first_weights) {
  const std::string class_name =
      object.is_object() ? object.value("class_name", "") : "";
  return is_functional(class_name) || class_name == "Sequential"
             ? Model::from_config(object, first_weights).as_layer()
             : layers::layer_from_config(object, augment::layer_factories());
}

// Rebuilds a model by calling layers as soon as their inputs are there.
class Reader {
 public:
  Reader(const json& config, FirstWeights first_weights)
      : config_(config), first_weights_(first_weights) {}

  Model functional() {
    for (const json& object : entry(config_, "layers", "the model")) {
      const Layer layer = layer_from(object, first_weights_);
      const std::string& name = layer.name();
      if (!calls_.emplace(name, std::vector<Symbol>{}).second) {
        refuse_config(concat("two layers are named '", name, "'"));
      }
      const json& nodes = entry(object, "inbound_nodes", name);
      if (nodes.empty()) {
        calls_[name].push_back(layer(std::vector<Symbol>{}));
      } else {
        waiting_.push_back({.layer = layer, .nodes = &nodes});
      }
    }
    while (!waiting_.empty()) {
      const bool called = call_what_is_ready();
      if (!called) {
        refuse_config(concat("the inputs of layer '", waiting_[0].layer.name(),
                             "' are never computed"));
      }
    }
    return Model(
        {.inputs = symbols(entry(config_, "input_layers", "the model")),
         .outputs = symbols(entry(config_, "output_layers", "the model")),
         .name = config_.value("name", "functional"),
         .first_weights = first_weights_});
  }

  Model sequential() const {
    Symbol input;
    Symbol x;
    for (const json& object : entry(config_, "layers", "the model")) {
      if (!input.call()) {
        const bool begins = object.value("class_name", "") == "InputLayer";
        input = begins
                    ? layer_from(object, first_weights_)(std::vector<Symbol>{})
                    : layers::Input({.shape = first_shape()});
        x = input;
        if (begins) continue;
      }
      x = layer_from(object, first_weights_)(x);
    }
    if (!input.call()) refuse_config("a Sequential model without layers");
    return Model({.inputs = {input},
                  .outputs = {x},
                  .name = config_.value("name", "sequential"),
                  .sequential = true,
                  .first_weights = first_weights_});
  }

 private:
  struct Waiting {
    Layer layer;
    const json* nodes;
    std::size_t done = 0;
  };

  bool call_what_is_ready() {
    bool called = false;
    for (Waiting& one : waiting_) {
      while (one.done < one.nodes->size()) {
        std::vector<Symbol> inputs;
        layers::CallOptions options;
        if (!read_node((*one.nodes)[one.done], one.layer, inputs, options)) {
          break;
        }
        calls_[one.layer.name()].push_back(one.layer(inputs, options));
        ++one.done;
        called = true;
      }
    }
    waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(),
                                  [](const Waiting& one) {
                                    return one.done == one.nodes->size();
                                  }),
                   waiting_.end());
    return called;
  }

  // The inputs of a call; false where one is not computed yet.
  bool read_node(const json& node, const Layer& layer,
                 std::vector<Symbol>& inputs,
                 layers::CallOptions& options) const {
    const json& arguments = entry(node, "args", layer.name());
    const json keywords = node.value("kwargs", json::object());
    for (const auto& [key, value] : keywords.items()) {
      // Keras says so of its augmentation layers, and then means training only.
      if (key == "training" && value == true &&
          augment::layer_factories().count(layer.definition().class_name()) ==
              0) {
        fail("layer '", layer.name(),
             "' is called with training=True; lathe has no way to train in "
             "inference");
      }
      if (key == "training" && value == false) options.training = false;
    }
    return read_tensors(arguments, layer, inputs) &&
           read_tensors(keywords, layer, inputs);
  }

  bool read_tensors(const json& value, const Layer& layer,
                    std::vector<Symbol>& inputs) const {
    if (value.is_object() &&
        value.value("class_name", "") == "__keras_tensor__") {
      const json& history = entry(entry(value, "config", layer.name()),
                                  "keras_history", layer.name());
      const Symbol symbol = find(history);
      if (symbol.call()) inputs.push_back(symbol);
      return symbol.call() != nullptr;
    }
    if (!value.is_structured()) return true;
    return std::all_of(value.begin(), value.end(), [&](const json& part) {
      return read_tensors(part, layer, inputs);
    });
  }

  // The result that [layer, call, 0] stands for; empty if not computed yet.
  Symbol find(const json& history) const {
    if (!history.is_array() || history.size() < 3 || !history[0].is_string() ||
        !history[1].is_number_integer()) {
      refuse_config(concat("a tensor is ", history.dump(),
                           "; it should be [layer, call, output]"));
    }
    const auto name = history[0].get<std::string>();
    const auto made = calls_.find(name);
    if (made == calls_.end()) {
      refuse_config(concat("there is no layer '", name, "'"));
    }
    const auto index = history[1].get<std::size_t>();
    return index < made->second.size() ? made->second[index] : Symbol();
  }

  // [layer, call, output], or a list of such.
  std::vector<Symbol> symbols(const json& list) const {
    const bool one = list.is_array() && !list.empty() && list[0].is_string();
    std::vector<Symbol> result;
    for (json history : one ? json::array({list}) : list) {
      // Keras counts a nested model's making as its first call, here only.
      if (history.is_array() && history.size() == 3 &&
          history[1].is_number_integer() && history[1] > 0 &&
          is_nested(history[0])) {
        history[1] = history[1].get<std::int64_t>() - 1;
      }
      const Symbol symbol = find(history);
      if (!symbol.call()) {
        refuse_config(concat("nothing computes ", history.dump()));
      }
      result.push_back(symbol);
    }
    return result;
  }

  bool is_nested(const json& name) const {
    const json& objects = entry(config_, "layers", "the model");
    return std::any_of(objects.begin(), objects.end(), [&](const json& object) {
      return object.value("name", json()) == name &&
             is_functional(object.value("class_name", ""));
    });
  }

  Shape first_shape() const {
    const json shape = config_.value("build_input_shape", json());
    if (!shape.is_array() || shape.empty()) {
      refuse_config("a Sequential model of unknown input shape");
    }
    std::vector<std::int64_t> extents;
    for (std::size_t i = 1; i < shape.size(); ++i) {
      extents.push_back(shape[i].is_null() ? -1 : shape[i].get<std::int64_t>());
    }
    return Shape(std::move(extents));
  }

  const json& config_;
  FirstWeights first_weights_;
  std::map<std::string, std::vector<Symbol>> calls_;
  std::vector<Waiting> waiting_;
};

}  // namespace

json Model::State::functional_config() const {
  const auto index = [&](const Symbol& symbol) {
    const auto& same = calls_of.at(symbol.call()->layer.get());
    return std::find(same.begin(), same.end(), symbol.call().get()) -
           same.begin();
  };
  const auto tensor = [&](const Symbol& symbol) -> json {
    return {{"class_name", "__keras_tensor__"},
            {"config",
             {{"shape", shape_config(symbol.shape())},
              {"dtype", "float32"},
              {"keras_history",
               {symbol.call()->layer->name(), index(symbol), 0}}}}};
  };
  json layer_configs = json::array();
  for (const auto& layer : layers) {
    json nodes = json::array();
    for (const Call* call : calls_of.at(layer.get())) {
      if (call->inputs.empty()) continue;
      json tensors = json::array();
      for (const Symbol& input : call->inputs) tensors.push_back(tensor(input));
      // Layers of several inputs take them as one list.
      json arguments = json::array();
      arguments.push_back(tensors.size() > 1 ? std::move(tensors) : tensors[0]);
      json keywords = json::object();
      if (!call->options.training) keywords["training"] = false;
      nodes.push_back(
          {{"args", std::move(arguments)}, {"kwargs", std::move(keywords)}});
    }
    json object = layer_object(*layer);
    object["name"] = layer->name();
    object["inbound_nodes"] = std::move(nodes);
    layer_configs.push_back(std::move(object));
  }
  const auto history = [&](const Symbol& symbol) -> json {
    const Definition& layer = *symbol.call()->layer;
    // Keras counts a nested model's making as its first call, here only.
    const std::int64_t before = is_functional(layer.class_name()) ? 1 : 0;
    return {layer.name(), index(symbol) + before, 0};
  };
  const auto histories = [&](const std::vector<Symbol>& symbols) {
    if (symbols.size() == 1) return history(symbols[0]);
    json list = json::array();
    for (const Symbol& symbol : symbols) list.push_back(history(symbol));
    return list;
  };
  return {{"name", name()},
          {"trainable", trainable()},
          {"layers", std::move(layer_configs)},
          {"input_layers", histories(inputs)},
          {"output_layers", histories(outputs)}};
}

json Model::State::sequential_config() const {
  json config = base_config();
  json layer_configs = json::array();
  for (const auto& layer : layers) {
    layer_configs.push_back(layer_object(*layer));
  }
  config["layers"] = std::move(layer_configs);
  config["build_input_shape"] = shape_config(inputs[0].shape());
  return config;
}

json Model::State::config() const {
  return is_sequential() ? sequential_config() : functional_config();
}

json Model::config() const {
  return state_->config();
}

json Model::serialized() const {
  return layer_object(*state_);
}

Model Model::from_config(const json& object, FirstWeights first_weights) {
  const bool wrapped = object.is_object() && object.contains("class_name");
  const std::string class_name =
      wrapped ? object.value("class_name", "") : "Functional";
  const json& config = wrapped ? entry(object, "config", "the model") : object;
  if (class_name != "Sequential" && !is_functional(class_name)) {
    refuse_config(concat("the model is a ", class_name,
                         "; lathe reads Functional and Sequential"));
  }
  Reader reader(config, first_weights);
  Model model =
      class_name == "Sequential" ? reader.sequential() : reader.functional();
  // Its layers have their own.
  model.state_->Definition::set_trainable(config.value("trainable", true));
  return model;
}

}  // namespace lathe::models
