#pragma once

#include <filesystem>
#include <optional>

#include "models/model.h"
#include "models/training_state.h"

namespace lathe::models {

/// A .keras file that was read.
struct LoadedFile {
  Model model;
  /// Nothing where the file has no optimizer.
  std::optional<TrainingState> training;
};

/// Writes a .keras file, class names included, that keras.saving.load_model
/// opens, compiles and trains further where there is a training state. It
/// replaces an older file as a whole or not at all. Two files of one state
/// differ in their date alone. Throws Error naming the file, which must end in
/// .keras as Keras insists.
void save(const Model& model, const std::filesystem::path& path,
          const std::optional<TrainingState>& training = {});

/// Reads a .keras file, written by lathe or by Keras. Throws Error naming the
/// file where it is damaged or foreign, and the layer where lathe doesn't have
/// it.
Model load(const std::filesystem::path& path);

/// The same, with the state to resume from.
LoadedFile load_with_training(const std::filesystem::path& path);

}  // namespace lathe::models
