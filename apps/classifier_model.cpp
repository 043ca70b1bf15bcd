#include "apps/classifier_model.h"

#include <cstdio>

#include "augment/layer.h"
#include "core/error.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/input.h"
#include "models/augmented_classifier.h"
#include "models/convnet.h"
#include "models/efficientnet.h"
#include "models/load_weights.h"

namespace lathe::apps {
namespace {

using namespace layers;

constexpr std::string_view kEfficientNet = "efficientnet_";
constexpr const char* kAugmented = "augmented_efficientnet_b0";
// Below this side EfficientNet's stem keeps the resolution.
constexpr std::int64_t kSmallImage = 96;

models::EfficientNetOptions efficientnet_options(const ClassifierOptions& o,
                                                 std::int64_t classes) {
  return {.variant = o.model.substr(kEfficientNet.size()),
          .classes = classes,
          .size = models::ImageSize{o.size, o.size},
          .drop_connect_rate = o.drop_connect,
          .stem_strides = o.size < kSmallImage ? 1 : 2};
}

// The same network behind augmentation layers.
models::Model augmented(const ClassifierOptions& o,
                        const augment::Pipeline& augmentation,
                        std::int64_t classes) {
  const Symbol input = Input({.shape = {o.size, o.size, 3}});
  Symbol x = input;
  for (const augment::Augmentation& operation : augmentation.augmentations()) {
    x = augment::layer(operation)(x);
  }
  if (o.model == "convnet") {
    const models::ConvnetOptions options{.size = {o.size, o.size},
                                         .classes = classes};
    return models::Model(input, models::convnet(x, options));
  }
  models::EfficientNetOptions options = efficientnet_options(o, classes);
  options.include_top = false;
  options.pooling = models::Pooling::average;
  x = models::efficientnet(options)(x);
  x = Dropout({.rate = 0.2, .name = "top_dropout"})(x);
  x = Dense({.units = classes,
             .activation = ActivationFunction::softmax,
             .name = "predictions"})(x);
  return models::Model(input, x);
}

models::Model unnamed(const ClassifierOptions& o,
                      const augment::Pipeline& augmentation,
                      std::int64_t classes) {
  if (o.model == kAugmented) {
    return models::augmented_classifier(
        {.size = {o.size, o.size}, .classes = classes});
  }
  if (o.augment_at == "model" && !augmentation.empty()) {
    return augmented(o, augmentation, classes);
  }
  if (o.model == "convnet") {
    return models::convnet({.size = {o.size, o.size}, .classes = classes});
  }
  return models::efficientnet(efficientnet_options(o, classes));
}

}  // namespace

std::vector<std::string> model_list() {
  std::vector<std::string> names;
  for (int variant = 0; variant <= 7; ++variant) {
    names.push_back(concat(kEfficientNet, "b", variant));
  }
  names.emplace_back(kAugmented);
  names.emplace_back("convnet");
  return names;
}

std::string model_names() {
  return concat(kEfficientNet, "b0 to ", kEfficientNet, "b7; ", kAugmented,
                ", which begins with flip, rotation and zoom as "
                "layers; or convnet, which is small");
}

models::Model make_classifier(const ClassifierOptions& options,
                              const augment::Pipeline& augmentation,
                              const std::vector<std::string>& class_names) {
  models::Model model = unnamed(options, augmentation,
                                static_cast<std::int64_t>(class_names.size()));
  model.initialize(options.seed);
  model.set_class_names(class_names);
  return model;
}

void take_weights(models::Model& model, const ClassifierOptions& options) {
  if (options.weights.empty()) return;
  const models::LoadWeightsReport report =
      models::load_weights(model, options.weights, {.skip_mismatch = true});
  const std::string& top = model.layers().back()->name();
  for (const auto& mismatch : report.mismatched) {
    if (mismatch.layer == top) continue;
    fail(options.weights.string(), ": the ", mismatch.weight, " of layer '",
         mismatch.layer, "' is ", mismatch.file, " in the file and ",
         mismatch.model, " in the model");
  }
  std::printf("%s: %s\n", options.weights.c_str(), report.text().c_str());
}

void freeze(models::Model& model, const ClassifierOptions& options) {
  if (options.freeze.empty()) return;
  if (options.freeze == "backbone") {
    model.freeze_backbone();
  } else {
    model.freeze_first(std::stoll(options.freeze));
  }
}

}  // namespace lathe::apps
