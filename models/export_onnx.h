#pragma once

#include <filesystem>

#include "models/model.h"

namespace lathe::models {

/// Writes the model's inference as ONNX (operators' set 13), for batches of any
/// size. Inputs, outputs and their shapes are the model's: images are float32
/// (N, H, W, C), as Keras' predict() takes them. Inputs are named after the
/// input layers, outputs after the layers that give them, and weights by their
/// paths ("stem/kernel"). The file's metadata have `input_scale`, what pixels
/// of 0 to 255 are multiplied with before, and, if the model has class names,
/// `class_names`, a JSON array. Throws Error naming the operation that ONNX
/// doesn't have.
void export_onnx(const Model& model, const std::filesystem::path& path);

}  // namespace lathe::models
