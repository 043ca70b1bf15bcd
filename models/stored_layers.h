#pragma once

#include <string>
#include <vector>

#include "models/weights_file.h"

namespace lathe::models {

/// A layer's weights in a file.
struct StoredLayer {
  /// "layers/functional/layers/conv2d_1"; the layer's name in a file of Keras
  /// 2.
  std::string group;
  /// The layer's, and with the models it is nested in: "backbone/stem".
  std::string name;
  std::string path;
  /// The datasets in Keras' order, and what they hold.
  std::vector<std::string> variables;
  std::vector<Shape> shapes;
};

/// The layers that have weights in a .weights.h5 file or in an .h5 file of
/// Keras 2, each kind of layer in its model's order.
std::vector<StoredLayer> stored_layers(const WeightsReader& reader);

}  // namespace lathe::models
