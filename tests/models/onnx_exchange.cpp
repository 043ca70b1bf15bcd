// onnx_exchange FOLDER: the C++ side of onnx_exchange.py. Writes NAME.onnx, and
// NAME.h5 with a batch's inputs and what lathe computes from them, for whole
// models and for each of the layers in tests/golden/layers.h5.

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "layers/conv2d.h"
#include "layers/input.h"
#include "layers/registry.h"
#include "layers/reshape.h"
#include "models/augmented_classifier.h"
#include "models/convnet.h"
#include "models/efficientnet.h"
#include "models/export_onnx.h"
#include "models/unet.h"
#include "models/weights_file.h"
#include "tests/golden/golden_file.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace {

namespace fs = std::filesystem;
using namespace lathe;
using namespace lathe::layers;
using namespace lathe::models;
using testing::random_tensor;

void write(const fs::path& folder, const std::string& name, const Model& model,
           const std::vector<Tensor>& inputs) {
  export_onnx(model, folder / (name + ".onnx"));
  const LoweredModel lowered = model.lower({.batch = inputs[0].shape()[0]});
  std::map<graph::ValueId, Tensor> given = lowered.bindings;
  WeightsWriter writer;
  writer.make_group("inputs", "");
  writer.make_group("outputs", "");
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    given[lowered.inputs[i]] = inputs[i];
    writer.write("inputs/" + model.inputs()[i].call()->layer->name(),
                 inputs[i]);
  }
  const auto values = testing::run_graph(lowered.graph, Device::cpu, given);
  for (std::size_t i = 0; i < lowered.outputs.size(); ++i) {
    writer.write("outputs/" + model.outputs()[i].call()->layer->name(),
                 values.at(lowered.outputs[i]));
  }
  write_atomically(folder / (name + ".h5"), writer.finish());
}

// With statistics that are not those of the beginning, on images.
void write_model(const fs::path& folder, const std::string& name,
                 const Model& model, double highest) {
  std::uint64_t seed = 1;
  for (const Weight& weight : model.weights()) {
    const bool spread = weight.name == "moving_variance" ||
                        weight.name == "gamma" || weight.name == "variance";
    if (weight.tensor.shape().rank() != 1) continue;
    weight.tensor.copy_from(random_tensor(weight.tensor.shape(), DType::float32,
                                          seed++, spread ? 0.5 : -0.2,
                                          spread ? 1.5 : 0.2));
  }
  Shape shape = model.input_shape();
  shape[0] = 3;
  write(folder, name, model,
        {random_tensor(shape, DType::float32, seed, 0, highest)});
}

// A layer with the inputs and weights that Keras had.
void write_layer(const fs::path& folder, const std::string& name,
                 const testing::GoldenFile& golden) {
  const Layer layer =
      layer_from_config(nlohmann::json::parse(golden.text(name + "/config")));
  std::vector<Tensor> inputs;
  std::vector<Symbol> symbols;
  while (golden.has(concat(name, "/input_", symbols.size()))) {
    const std::size_t i = symbols.size();
    inputs.push_back(golden.read(concat(name, "/input_", i)));
    const Shape& shape = inputs.back().shape();
    symbols.push_back(Input({.shape = Shape({shape.begin() + 1, shape.end()}),
                             .name = concat("input_", i)}));
  }
  const Model model({.inputs = symbols, .outputs = {layer(symbols)}});
  const std::vector<Weight>& weights = layer.definition().weights();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i].tensor.copy_from(golden.read(concat(name, "/weight_", i)));
  }
  write(folder, name, model, inputs);
}

// Two outputs, of which one is the other's input, images from rows and rows
// from images.
void write_branches(const fs::path& folder) {
  const Symbol input = Input({.shape = {24}, .name = "rows"});
  const Symbol image =
      Reshape({.target_shape = {2, 4, 3}, .name = "image"})(input);
  const Symbol mask =
      Conv2D({.filters = 2, .kernel_size = 1, .name = "mask"})(image);
  const Symbol rows = Reshape({.target_shape = {16}, .name = "back"})(mask);
  write(folder, "branches", Model({.inputs = {input}, .outputs = {rows, mask}}),
        {random_tensor({3, 24}, DType::float32, 1)});
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count != 2) fail("usage: onnx_exchange FOLDER");
    const fs::path folder = arguments[1];
    write_model(folder, "unet", unet({.size = {64, 48}}), 1);
    write_model(folder, "unet_of_classes",
                unet({.size = {32, 32}, .classes = 4}), 1);
    write_model(folder, "convnet", convnet({.size = {28, 28}}), 255);
    write_model(folder, "efficientnet_b0",
                efficientnet({.classes = 10, .size = {{64, 64}}}), 255);
    Model nested = augmented_classifier({.size = {64, 64}, .classes = 3});
    nested.set_class_names({"cat", "dog", "ox"});
    write_model(folder, "nested", nested, 255);
    write_branches(folder);
    const testing::GoldenFile golden("layers.h5");
    for (const std::string& name : golden.names()) {
      write_layer(folder, name, golden);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
