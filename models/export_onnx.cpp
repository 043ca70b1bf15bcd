#include "models/export_onnx.h"

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "models/onnx_translation.h"
#include "models/stored_weights.h"

namespace lathe::models {
namespace {

// Inference doesn't depend on it.
constexpr std::int64_t kBatch = 1;

}  // namespace

void export_onnx(const Model& model, const std::filesystem::path& path) {
  const LoweredModel lowered = model.lower({.batch = kBatch});
  OnnxTranslation translation(lowered.graph);
  std::vector<std::string> names;
  for (const graph::ValueId input : lowered.inputs) {
    translation.add_input(input);
  }
  for (const layers::Symbol& output : model.outputs()) {
    names.push_back(translation.reserve(output.call()->layer->name()));
  }
  std::map<const void*, std::string> paths;
  for (const auto& [name, tensor] : named_weights(model)) {
    paths.emplace(tensor.raw(), name);
  }
  for (const auto& [value, tensor] : lowered.bindings) {
    // Constants of layers are no weights.
    const auto path_of = paths.find(tensor.raw());
    translation.add_weight(value, tensor,
                           path_of == paths.end()
                               ? lowered.graph.value(value).name
                               : path_of->second);
  }
  for (const graph::Node& node : lowered.graph.nodes()) translation.add(node);
  for (std::size_t i = 0; i < names.size(); ++i) {
    translation.add_output(lowered.outputs[i], names[i]);
  }
  std::vector<std::pair<std::string, std::string>> properties = {
      {"input_scale", nlohmann::json(input_scale(model)).dump()}};
  if (!model.class_names().empty()) {
    properties.emplace_back("class_names",
                            nlohmann::json(model.class_names()).dump());
  }
  write_atomically(path, translation.graph().file(model.name(), properties));
}

}  // namespace lathe::models
