#include <algorithm>

#include "core/error.h"
#include "models/model_state.h"

namespace lathe::models {
namespace {

bool gives_images(const layers::Call& call) {
  return call.shape.rank() == 4;
}

}  // namespace

void Model::State::set_trainable(bool trainable) {
  Definition::set_trainable(trainable);
  for (const auto& layer : layers) layer->set_trainable(trainable);
}

bool Model::trainable() const {
  return state_->trainable();
}

void Model::set_trainable(bool trainable) {
  state_->set_trainable(trainable);
}

void Model::freeze_first(std::int64_t count) {
  const auto layers = flat_layers();
  if (count < 0) fail("model '", name(), "': freezing ", count, " layers");
  set_trainable(true);
  const auto frozen = std::min(static_cast<std::size_t>(count), layers.size());
  for (std::size_t i = 0; i < frozen; ++i) layers[i]->set_trainable(false);
  if (trainable_weights().empty()) {
    fail("model '", name(), "': its first ", count, " of ", layers.size(),
         " layers can't be frozen; no weights would be left to train");
  }
}

void Model::freeze_backbone() {
  set_trainable(true);
  bool nested = false;
  for (const auto& layer : state_->layers) {
    if (layer->sublayers().empty()) continue;
    layer->set_trainable(false);
    nested = true;
  }
  if (!nested) {
    const auto last =
        std::find_if(state_->calls.rbegin(), state_->calls.rend(),
                     [](const auto& call) { return gives_images(*call); });
    std::for_each(last, state_->calls.rend(),
                  [](const auto& call) { call->layer->set_trainable(false); });
  }
  if (trainable_weights().empty()) {
    fail("model '", name(),
         "': its backbone can't be frozen; no weights would be left to train");
  }
}

}  // namespace lathe::models
