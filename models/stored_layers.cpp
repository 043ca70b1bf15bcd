#include "models/stored_layers.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace lathe::models {
namespace {

/// "conv2d_10" comes after "conv2d_9".
void sort_by_number(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return std::pair(a.size(), a) < std::pair(b.size(), b);
  });
}

StoredLayer layer_of(const WeightsReader& reader, std::string group,
                     std::string name, std::string path,
                     std::vector<std::string> variables) {
  StoredLayer layer{.group = std::move(group),
                    .name = std::move(name),
                    .path = std::move(path),
                    .variables = std::move(variables)};
  for (const std::string& variable : layer.variables) {
    layer.shapes.push_back(reader.shape(variable));
  }
  return layer;
}

void add_layers(const WeightsReader& reader, const std::string& folder,
                const std::string& path, std::vector<StoredLayer>& layers) {
  std::vector<std::string> groups = reader.names(folder + "layers");
  sort_by_number(groups);
  for (const std::string& group : groups) {
    const std::string place = folder + "layers/" + group;
    const std::vector<std::string> names =
        reader.texts(place + "/vars", "name");
    const std::string name = names.empty() ? group : names[0];
    std::vector<std::string> variables = reader.names(place + "/vars");
    sort_by_number(variables);
    for (std::string& variable : variables) {
      variable = place + "/vars/" + variable;
    }
    if (!variables.empty()) {
      layers.push_back(
          layer_of(reader, place, name, path + name, std::move(variables)));
    }
    add_layers(reader, place + '/', path + name + '/', layers);
  }
}

/// keras/src/legacy/saving/legacy_h5_format.py: a group a layer, in a file of a
/// whole model within "model_weights".
std::vector<StoredLayer> legacy_layers(const WeightsReader& reader,
                                       const std::string& root) {
  std::vector<StoredLayer> layers;
  for (const std::string& name : reader.texts(root, "layer_names")) {
    const std::string group = root.empty() ? name : concat(root, '/', name);
    std::vector<std::string> variables = reader.texts(group, "weight_names");
    for (std::string& variable : variables) variable = group + '/' + variable;
    if (!variables.empty()) {
      layers.push_back(
          layer_of(reader, group, name, name, std::move(variables)));
    }
  }
  return layers;
}

}  // namespace

std::vector<StoredLayer> stored_layers(const WeightsReader& reader) {
  if (reader.has("model_weights")) {
    return legacy_layers(reader, "model_weights");
  }
  if (!reader.has("layers")) return legacy_layers(reader, "");
  std::vector<StoredLayer> layers;
  add_layers(reader, "", "", layers);
  return layers;
}

}  // namespace lathe::models
