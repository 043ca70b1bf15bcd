#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "models/model.h"

namespace lathe::models {

struct LoadWeightsOptions {
  /// Leaves the layers whose shapes differ as they are instead of failing.
  bool skip_mismatch = false;
  /// Fails unless every layer of the model is in the file and the reverse.
  bool whole = false;
};

/// What load_weights() did, layer by layer (of those that have weights). Layers
/// of nested models are "backbone/stem_conv".
struct LoadWeightsReport {
  /// A weight whose shapes differ.
  struct Mismatch {
    std::string layer;
    std::string weight;
    Shape model;
    Shape file;
  };

  std::vector<std::string> matched;
  /// In the model only; they are as they were.
  std::vector<std::string> missing;
  /// In the file only.
  std::vector<std::string> unused;
  std::vector<Mismatch> mismatched;

  /// Some lines for people.
  std::string text() const;
};

/// Takes weights from a .keras or .weights.h5 file, an .h5 file of Keras 2
/// without nested models, or a .safetensors file with names such as
/// "backbone/stem/kernel", which always count. Where file and model are of the
/// same classes in the same order, names don't matter. Otherwise layers match
/// by name, wherever they are nested, so that a file with or without a top fits
/// a model without or with one; layers whose names Keras numbered match by
/// class and shapes, in order. Throws Error naming the file where it is damaged
/// or nothing matches, and layer and both shapes where these differ; the model
/// is then as it was.
LoadWeightsReport load_weights(Model& model, const std::filesystem::path& path,
                               const LoadWeightsOptions& options = {});

/// Writes a .weights.h5 file, which keras.Model.load_weights reads, or a
/// .safetensors file with each weight under the path of its layer and its own
/// name, Keras' `path` but for layers of nested models. Throws Error for other
/// names.
void save_weights(const Model& model, const std::filesystem::path& path);

}  // namespace lathe::models
