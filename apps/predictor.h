#pragma once

#include <memory>
#include <span>

#include "apps/mask_names.h"
#include "apps/predict_options.h"
#include "core/tensor.h"
#include "models/model.h"

namespace lathe::apps {

/// What is done with a model's probabilities for photographs.
class Predictor {
 public:
  virtual ~Predictor() = default;
  /// `original`: the photograph as it was, uint8 (H, W, 3); `probabilities`:
  /// the model's for it, without the batch's axis.
  virtual void write(const std::filesystem::path& file, const Tensor& original,
                     const Tensor& probabilities) = 0;
  /// What was written, in a few words: "6 masks".
  virtual std::string summary() const = 0;
};

/// Writes the files of a MaskWriter for every photograph.
std::unique_ptr<Predictor> make_mask_predictor(const PredictOptions& options,
                                               MaskNames names,
                                               const models::Model& model);

/// Writes predictions.csv, a row a photograph: file, label, probability, and
/// the next most likely ones, five in all. Classes without names are called by
/// their numbers.
std::unique_ptr<Predictor> make_class_predictor(const PredictOptions& options,
                                                const models::Model& model);

}  // namespace lathe::apps
