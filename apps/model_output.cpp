#include "apps/model_output.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/parallel.h"
#include "models/flips.h"

namespace lathe::apps {

bool gives_logits(const models::Model& model) {
  const auto& last = *model.flat_layers().back();
  if (last.class_name() == "Softmax") return false;
  const nlohmann::json activation =
      last.config().value("activation", nlohmann::json("linear"));
  return activation != "softmax" && activation != "sigmoid";
}

void to_probabilities(std::span<float> logits) {
  if (logits.size() == 1) {
    logits[0] = 1 / (1 + std::exp(-logits[0]));
    return;
  }
  const float largest = std::ranges::max(logits);
  float total = 0;
  for (float& value : logits) total += value = std::exp(value - largest);
  for (float& value : logits) value /= total;
}

Tensor probabilities_of(const models::Model& model, const Tensor& images,
                        const models::PredictOptions& options, bool flips) {
  const auto predict = [&](const Tensor& some) {
    const Tensor output = model.predict(some, options);
    if (!gives_logits(model)) return output;
    const std::int64_t classes = output.shape().back();
    float* const values = output.data<float>();
    constexpr std::int64_t kGrain = 1 << 12;
    parallel_ranges(output.elements() / classes, kGrain,
                    [=](std::int64_t begin, std::int64_t end) {
                      for (std::int64_t i = begin; i < end; ++i) {
                        to_probabilities({values + i * classes,
                                          static_cast<std::size_t>(classes)});
                      }
                    });
    return output;
  };
  return flips ? models::predict_flips(images, predict) : predict(images);
}

double crossentropy(float probability) {
  return -std::log(
      std::clamp(static_cast<double>(probability), 1e-7, 1 - 1e-7));
}

std::vector<std::string> class_names(const models::Model& model) {
  std::vector<std::string> names = model.class_names();
  const auto known = static_cast<std::size_t>(
      std::max<std::int64_t>(model.output_shape().back(), 2));
  for (std::size_t c = names.size(); c < known; ++c) {
    names.push_back(std::to_string(c));
  }
  return names;
}

}  // namespace lathe::apps
