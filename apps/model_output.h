#pragma once

#include <span>
#include <string>
#include <vector>

#include "models/model.h"

namespace lathe::apps {

/// Whether a model ends without the softmax or sigmoid that would make its
/// output probabilities.
bool gives_logits(const models::Model& model);

/// Of one sample or pixel, in place, as the model's own softmax or, of a single
/// number, sigmoid would have.
void to_probabilities(std::span<float> logits);

/// The model's probabilities for images as Model::predict takes them: its
/// output, or what makes probabilities of its logits. `flips`: the mean of
/// those of the images and of their flips.
Tensor probabilities_of(const models::Model& model, const Tensor& images,
                        const models::PredictOptions& options, bool flips);

/// What a sample or pixel adds to a loss where its class was given that
/// probability, kept 1e-7 away from 0 and 1 as Keras keeps it.
double crossentropy(float probability);

/// The model's names of its classes, or their numbers. A single output is the
/// probability of the second of two.
std::vector<std::string> class_names(const models::Model& model);

}  // namespace lathe::apps
