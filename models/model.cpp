#include "models/model.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "models/model_state.h"

namespace lathe::models {
namespace {

using layers::Definition;
using layers::Weight;
using DefinitionPointer = std::shared_ptr<Definition>;

// Gives layers without a name the first free one: conv2d, conv2d_1, ...
void number_layers(std::vector<DefinitionPointer> layers) {
  std::set<std::string> taken;
  for (const DefinitionPointer& layer : layers) {
    if (!layer->has_default_name()) taken.insert(layer->name());
  }
  std::sort(layers.begin(), layers.end(), [](const auto& a, const auto& b) {
    return a->serial() < b->serial();
  });
  std::map<std::string, int> counts;
  for (const DefinitionPointer& layer : layers) {
    if (!layer->has_default_name()) continue;
    const std::string base = layers::snake_case(layer->class_name());
    std::string name;
    do {
      const int count = counts[base]++;
      name = count == 0 ? base : concat(base, '_', count);
    } while (!taken.insert(name).second);
    layer->set_name(name);
  }
}

void require_distinct_names(const std::string& model,
                            const std::vector<DefinitionPointer>& layers) {
  std::set<std::string> names;
  for (const DefinitionPointer& layer : layers) {
    if (!names.insert(layer->name()).second) {
      fail("model '", model, "': two layers are named '", layer->name(),
           "'; names must differ");
    }
  }
}

void add_flat(const std::vector<DefinitionPointer>& layers,
              std::vector<DefinitionPointer>& flat,
              std::set<const Definition*>& seen) {
  for (const DefinitionPointer& layer : layers) {
    if (!layer->sublayers().empty()) {
      add_flat(layer->sublayers(), flat, seen);
    } else if (seen.insert(layer.get()).second) {
      flat.push_back(layer);
    }
  }
}

}  // namespace

Model::Model(ModelOptions options)
    : state_(std::make_shared<State>(options.sequential,
                                     std::move(options.name))) {
  if (options.inputs.empty() || options.outputs.empty()) {
    fail("model '", name(), "': it has ", options.inputs.size(), " inputs and ",
         options.outputs.size(), " outputs; it needs at least one of each");
  }
  state_->inputs = std::move(options.inputs);
  state_->outputs = std::move(options.outputs);
  state_->map_graph();
  if (options.sequential && !state_->is_sequence) {
    fail("model '", name(), "' is no chain of layers; it can't be sequential");
  }
  std::set<const Definition*> fresh;
  for (const DefinitionPointer& layer : flat_layers()) {
    if (!layer->initialized()) fresh.insert(layer.get());
  }
  number_layers(state_->layers);
  require_distinct_names(name(), state_->layers);
  std::uint32_t index = 0;
  for (const DefinitionPointer& layer : flat_layers()) {
    if (fresh.count(layer.get()) != 0) {
      if (options.first_weights == FirstWeights::drawn) {
        layer->initialize(0, index);
      } else {
        layer->mark_initialized();
      }
    }
    index += static_cast<std::uint32_t>(layer->weights().size());
  }
}

Model::Model(const layers::Symbol& input, const layers::Symbol& output,
             std::string name)
    : Model(ModelOptions{
          .inputs = {input}, .outputs = {output}, .name = std::move(name)}) {}

layers::Layer Model::as_layer() const {
  return layers::Layer(state_);
}

const std::string& Model::name() const {
  return state_->name();
}

const std::vector<layers::Symbol>& Model::inputs() const {
  return state_->inputs;
}

const std::vector<layers::Symbol>& Model::outputs() const {
  return state_->outputs;
}

const Shape& Model::input_shape() const {
  if (state_->inputs.size() != 1) {
    fail("model '", name(), "' has ", state_->inputs.size(), " inputs");
  }
  return state_->inputs[0].shape();
}

const Shape& Model::output_shape() const {
  if (state_->outputs.size() != 1) {
    fail("model '", name(), "' has ", state_->outputs.size(), " outputs");
  }
  return state_->outputs[0].shape();
}

const std::vector<DefinitionPointer>& Model::layers() const {
  return state_->layers;
}

std::vector<DefinitionPointer> Model::flat_layers() const {
  std::vector<DefinitionPointer> flat;
  std::set<const Definition*> seen;
  add_flat(state_->layers, flat, seen);
  return flat;
}

Definition& Model::layer(std::string_view name) const {
  std::string known;
  for (const DefinitionPointer& layer : state_->layers) {
    if (layer->name() == name) return *layer;
    known += (known.empty() ? "" : ", ") + layer->name();
  }
  fail("model '", state_->name(), "' has no layer '", name, "'; it has ",
       known);
}

std::vector<Weight> Model::weights() const {
  std::vector<Weight> all;
  for (const DefinitionPointer& layer : flat_layers()) {
    all.insert(all.end(), layer->weights().begin(), layer->weights().end());
  }
  return all;
}

std::vector<Weight> Model::trainable_weights() const {
  std::vector<Weight> trained;
  if (!trainable()) return trained;
  for (const DefinitionPointer& layer : flat_layers()) {
    if (!layer->trainable()) continue;
    for (const Weight& weight : layer->weights()) {
      if (weight.trainable) trained.push_back(weight);
    }
  }
  return trained;
}

std::int64_t Model::count_params() const {
  std::int64_t count = 0;
  for (const Weight& weight : weights()) count += weight.tensor.elements();
  return count;
}

std::int64_t Model::count_trainable_params() const {
  std::int64_t count = 0;
  for (const Weight& weight : trainable_weights()) {
    count += weight.tensor.elements();
  }
  return count;
}

void Model::initialize(std::uint64_t seed) {
  std::uint32_t index = 0;
  for (const DefinitionPointer& layer : flat_layers()) {
    layer->initialize(seed, index);
    index += static_cast<std::uint32_t>(layer->weights().size());
  }
}

void Model::copy_weights_from(const Model& other) {
  const std::vector<Weight> to = weights();
  const std::vector<Weight> from = other.weights();
  if (to.size() != from.size()) {
    fail("model '", name(), "' has ", to.size(), " weights, '", other.name(),
         "' ", from.size());
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i].tensor.spec() != from[i].tensor.spec()) {
      fail("model '", name(), "': weight ", i, " (", to[i].name, ") is ",
           to[i].tensor.spec(), ", in '", other.name(), "' ",
           from[i].tensor.spec());
    }
  }
  for (std::size_t i = 0; i < to.size(); ++i) {
    to[i].tensor.copy_from(from[i].tensor);
  }
}

}  // namespace lathe::models
