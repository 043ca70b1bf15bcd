#include "models/stored_weights.h"

#include <algorithm>
#include <set>

#include "core/error.h"

namespace lathe::models {

namespace {

using layers::Definition;
using layers::Weight;

/// Keras numbers the groups of a class in the order of the layers, whatever
/// these are called.
class GroupNames {
 public:
  std::string next(const Definition& layer) {
    const std::string name = layers::snake_case(layer.class_name());
    const std::int64_t number = used_[name]++;
    return number == 0 ? name : concat(name, "_", number);
  }

 private:
  std::map<std::string, std::int64_t> used_;
};

std::string item(const std::string& group, std::size_t i) {
  return concat(group, "/", i);
}

using Layers = std::vector<std::shared_ptr<Definition>>;

/// Adds layers and, after each model, the layers within it.
void place(const Layers& layers, const std::string& folder,
           const std::string& path, std::vector<PlacedLayer>& placed,
           std::set<const Definition*>& seen) {
  GroupNames names;
  for (const auto& layer : layers) {
    const std::string group = folder + "layers/" + names.next(*layer);
    if (!seen.insert(layer.get()).second) continue;
    placed.push_back({layer, group, path + layer->name()});
    place(layer->sublayers(), group + '/', placed.back().path + '/', placed,
          seen);
  }
}

void add_groups(const WeightsReader& reader, const std::string& folder,
                std::set<std::uint64_t>& seen,
                std::vector<std::string>& groups) {
  for (const std::string& name : reader.names(folder + "layers")) {
    const std::string group = folder + "layers/" + name;
    reader.expect_new(group, seen);
    if (!reader.names(group + "/vars").empty()) groups.push_back(group);
    add_groups(reader, group + '/', seen, groups);
  }
}

}  // namespace

std::vector<PlacedLayer> placed_layers(const Model& model) {
  std::vector<PlacedLayer> placed;
  std::set<const Definition*> seen;
  place(model.layers(), "", "", placed, seen);
  return placed;
}

std::vector<NamedTensor> named_weights(const Model& model) {
  std::vector<NamedTensor> named;
  for (const PlacedLayer& placed : placed_layers(model)) {
    for (const Weight& weight : placed.layer->weights()) {
      named.push_back({concat(placed.path, '/', weight.name), weight.tensor});
    }
  }
  return named;
}

std::vector<std::string> groups_with_variables(const WeightsReader& reader) {
  std::vector<std::string> groups;
  std::set<std::uint64_t> seen;
  add_groups(reader, "", seen, groups);
  return groups;
}

std::vector<Weight> stored_order(const Definition& layer) {
  std::vector<Weight> weights = layer.weights();
  std::stable_partition(weights.begin(), weights.end(),
                        [](const Weight& weight) { return weight.trainable; });
  return weights;
}

std::string title(const Definition& layer) {
  return concat("layer '", layer.name(), "' (", layer.class_name(), ")");
}

void write_weights(const Model& model, WeightsWriter& writer) {
  writer.make_group("vars", model.name());
  for (const PlacedLayer& placed : placed_layers(model)) {
    const std::string group = placed.group + "/vars";
    writer.make_group(group, placed.layer->name());
    const std::vector<Weight> weights = stored_order(*placed.layer);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      writer.write(item(group, i), weights[i].tensor);
    }
  }
}

void read_weights(const Model& model, const WeightsReader& reader) {
  struct Change {
    Tensor weight;
    Tensor read;
  };
  std::vector<Change> changes;
  std::set<std::string> known;
  for (const PlacedLayer& placed : placed_layers(model)) {
    const Definition& layer = *placed.layer;
    known.insert(placed.group);
    const std::string group = placed.group + "/vars";
    const std::vector<Weight> weights = stored_order(layer);
    const std::size_t stored = reader.names(group).size();
    if (stored != weights.size()) {
      fail(reader.source(), ": ", title(layer), " has ", weights.size(),
           " weights in the model and ", stored, " in the file, as ", group);
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Tensor& weight = weights[i].tensor;
      const Shape shape = reader.shape(item(group, i));
      if (shape != weight.shape()) {
        fail(reader.source(), ": the ", weights[i].name, " of ", title(layer),
             " has the shape ", weight.shape(), " in the model and ", shape,
             " in the file");
      }
      changes.push_back({weight, Tensor(shape, weight.dtype())});
      reader.read(item(group, i), changes.back().read);
    }
  }
  for (const std::string& group : groups_with_variables(reader)) {
    if (!known.contains(group)) {
      fail(reader.source(), " has weights for a layer '", group,
           "' that the model doesn't have");
    }
  }
  for (const Change& change : changes) change.weight.copy_from(change.read);
}

}  // namespace lathe::models
