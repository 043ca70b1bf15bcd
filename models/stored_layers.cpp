#include "models/stored_layers.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "models/archive.h"
#include "models/safetensors.h"
#include "models/weights_file.h"

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
                const std::string& path, std::set<std::uint64_t>& seen,
                std::vector<StoredLayer>& layers) {
  std::vector<std::string> groups = reader.names(folder + "layers");
  sort_by_number(groups);
  for (const std::string& group : groups) {
    const std::string place = folder + "layers/" + group;
    reader.expect_new(place, seen);
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
    add_layers(reader, place + '/', path + name + '/', seen, layers);
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

/// Of a .weights.h5 file, or of an .h5 file of Keras 2.
std::vector<StoredLayer> stored_layers(const WeightsReader& reader) {
  if (reader.has("model_weights")) {
    return legacy_layers(reader, "model_weights");
  }
  if (!reader.has("layers")) return legacy_layers(reader, "");
  std::vector<StoredLayer> layers;
  std::set<std::uint64_t> seen;
  add_layers(reader, "", "", seen, layers);
  return layers;
}

std::vector<StoredLayer> stored_layers(const SafetensorsReader& reader) {
  std::map<std::string, StoredLayer> by_path;
  std::vector<std::string> paths;
  for (const std::string& variable : reader.names()) {
    // What has no layer is its own.
    const std::string path = variable.substr(0, variable.rfind('/'));
    StoredLayer& layer = by_path[path];
    if (layer.variables.empty()) {
      layer.group = path;
      layer.path = path;
      layer.name = last_part(path);
      paths.push_back(path);
    }
    layer.variables.push_back(variable);
    layer.shapes.push_back(reader.shape(variable));
  }
  sort_by_number(paths);
  std::vector<StoredLayer> layers;
  layers.reserve(paths.size());
  for (const std::string& path : paths) layers.push_back(by_path.at(path));
  return layers;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file) fail(path.string(), " can't be read");
  return bytes.str();
}

std::string weights_in(const std::filesystem::path& path) {
  if (path.extension() == ".keras") {
    return ArchiveReader(path).read("model.weights.h5");
  }
  if (path.extension() != ".h5") {
    fail(path.string(),
         " is no file of weights: these end in .keras, .weights.h5, .h5 or "
         ".safetensors");
  }
  return read_file(path);
}

template <class Reader>
StoredFile file_of(const std::shared_ptr<Reader>& reader) {
  return {.layers = stored_layers(*reader),
          .read = [reader](
                      const std::string& variable,
                      const Tensor& tensor) { reader->read(variable, tensor); },
          .named = std::is_same_v<Reader, SafetensorsReader>};
}

}  // namespace

StoredFile read_stored_file(const std::filesystem::path& path) {
  const std::string source = path.string();
  return path.extension() == ".safetensors"
             ? file_of(
                   std::make_shared<SafetensorsReader>(read_file(path), source))
             : file_of(
                   std::make_shared<WeightsReader>(weights_in(path), source));
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace lathe::models
