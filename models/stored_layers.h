#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/tensor.h"

namespace lathe::models {

/// A layer's weights in a file.
struct StoredLayer {
  /// "layers/functional/layers/conv2d_1"; the layer's name in a file of Keras
  /// 2.
  std::string group;
  /// The layer's, and with the models it is nested in: "backbone/stem".
  std::string name;
  std::string path;
  /// Its variables in the file, in Keras' order, and what they hold.
  std::vector<std::string> variables;
  std::vector<Shape> shapes;
};

/// A file's layers that have weights, each kind of layer in its model's order,
/// and what reads one of their variables into a tensor of its shape.
struct StoredFile {
  /// Those without weights are left out.
  std::vector<StoredLayer> layers;
  std::function<void(const std::string& variable, const Tensor& tensor)> read;
  /// Whether variables have names, by which a layer's are sorted, such as
  /// "backbone/stem/kernel"; groups are paths then.
  bool named = false;
};

/// Opens a .keras, .weights.h5 or .safetensors file, or an .h5 file of Keras 2.
/// Throws Error naming the file.
StoredFile read_stored_file(const std::filesystem::path& path);

/// "kernel" of "backbone/stem/kernel".
std::string last_part(const std::string& path);

}  // namespace lathe::models
