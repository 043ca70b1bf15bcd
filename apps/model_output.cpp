#include "apps/model_output.h"

#include <nlohmann/json.hpp>

namespace lathe::apps {

bool gives_logits(const models::Model& model) {
  const auto& last = *model.flat_layers().back();
  if (last.class_name() == "Softmax") return false;
  const nlohmann::json activation =
      last.config().value("activation", nlohmann::json("linear"));
  return activation != "softmax" && activation != "sigmoid";
}

}  // namespace lathe::apps
