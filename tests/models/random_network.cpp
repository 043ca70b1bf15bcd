#include "tests/models/random_network.h"

#include <algorithm>
#include <cmath>

#include "layers/activation.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/flatten.h"
#include "layers/global_average_pooling2d.h"
#include "layers/global_max_pooling2d.h"
#include "layers/input.h"
#include "layers/reshape.h"
#include "tests/models/random_blocks.h"
#include "train/compile_step.h"

namespace lathe::testing {
namespace {

using layers::ActivationFunction;
using layers::Padding;
using layers::Symbol;

class Drawer {
 public:
  explicit Drawer(std::uint64_t seed) : draws_(seed) {}

  RandomNetwork draw(std::uint64_t optimizer) {
    // Some images are so large that expansions of theirs are joined.
    const std::int64_t more = draws_.one_in(8) ? 23 : 0;
    const Symbol input = layers::Input(
        {.shape = {draws_.between(5, 16) + more, draws_.between(5, 16) + more,
                   draws_.between(1, 5)}});
    std::vector<Symbol> maps{blocks_.begin(input)};
    for (std::int64_t blocks = draws_.between(3, 7); blocks > 0;) {
      if (blocks_.grow(maps)) --blocks;
    }
    std::vector<Symbol> outputs;
    std::vector<Head> heads;
    for (std::int64_t left = draws_.among({1, 1, 2, 3}); left > 0; --left) {
      // The last one needs all layers.
      const Symbol& map = outputs.empty() ? maps.back() : draws_.among(maps);
      outputs.push_back(add_head(map, heads));
    }
    models::Model model({.inputs = {input}, .outputs = outputs});
    fill_weights(model);
    if (draws_.one_in(3)) {
      const auto count = static_cast<std::int64_t>(model.flat_layers().size());
      model.freeze_first(draws_.between(1, count - 2));
    }
    Shape images = input.shape();
    images[0] = batch_;
    for (std::size_t i = 0; i < heads.size(); ++i) {
      Shape prediction = outputs[i].shape();
      prediction[0] = batch_;
      heads[i].target = target(heads[i].loss, prediction);
    }
    return {.model = model,
            .images = draws_.tensor(images, -1, 1),
            .heads = std::move(heads),
            .optimizer = draw_optimizer(optimizer)};
  }

 private:
  // A prediction for each pixel, or for each image.
  Symbol add_head(const Symbol& map, std::vector<Head>& heads) {
    const std::int64_t classes = draws_.among({1, 1, 2, 3, 7});
    const bool logits = draws_.one_in(2);
    Head head{.loss = draw_loss(classes, logits), .target = {}};
    ActivationFunction activation =
        classes > 1 ? ActivationFunction::softmax : ActivationFunction::sigmoid;
    if (!std::holds_alternative<train::Dice>(head.loss) && draws_.one_in(3)) {
      for (std::int64_t c = 0; c < std::max<std::int64_t>(classes, 2); ++c) {
        head.class_weights.push_back(0.5F + static_cast<float>(c % 3));
      }
    }
    heads.push_back(std::move(head));
    if (logits) activation = ActivationFunction::linear;
    if (draws_.one_in(2)) {
      return layers::Conv2D({.filters = classes,
                             .kernel_size = draws_.among({1, 1, 3}),
                             .padding = Padding::same,
                             .activation = activation,
                             .name = concat("head", heads.size())})(map);
    }
    Symbol features = features_of(map);
    if (draws_.one_in(3)) {
      features = layers::Dense({.units = blocks_.filters(),
                                .activation = blocks_.function()})(features);
    }
    if (draws_.one_in(3)) features = layers::Dropout({.rate = 0.2})(features);
    return layers::Dense({.units = classes,
                          .activation = activation,
                          .name = concat("head", heads.size())})(features);
  }

  train::Loss draw_loss(std::int64_t classes, bool logits) {
    const double smoothing = draws_.one_in(3) ? 0.1 : 0;
    const bool per_class = draws_.one_in(2);
    switch (draws_.between(0, 5)) {
      case 0:
        return train::Dice{.per_class = per_class, .from_logits = logits};
      case 1:
        return train::CrossentropyDice{.per_class = per_class,
                                       .from_logits = logits};
      case 2:
        if (classes == 1) {
          return train::BinaryFocalCrossentropy{
              .apply_class_balancing = per_class, .from_logits = logits};
        }
        return train::CategoricalFocalCrossentropy{.gamma = 1.5,
                                                   .from_logits = logits};
      case 3:
        if (classes > 1) {
          return train::CategoricalCrossentropy{.from_logits = logits,
                                                .label_smoothing = smoothing};
        }
        [[fallthrough]];
      default:
        if (classes > 1) {
          return train::SparseCategoricalCrossentropy{
              .from_logits = logits, .label_smoothing = smoothing};
        }
        return train::BinaryCrossentropy{.from_logits = logits,
                                         .label_smoothing = smoothing};
    }
  }

  // (N, C) of a map.
  Symbol features_of(const Symbol& map) {
    const Shape& shape = map.shape();
    switch (draws_.between(0, 3)) {
      case 0:
        return layers::GlobalMaxPooling2D()(map);
      case 1:
        return layers::Flatten()(map);
      case 2:
        return layers::Reshape(
            {.target_shape = {shape[1] * shape[2] * shape[3]}})(map);
      default:
        return layers::GlobalAveragePooling2D()(map);
    }
  }

  // Such that values keep their size from layer to layer, and probabilities
  // stay away from 0 and 1, where only logits are exact.
  void fill_weights(const models::Model& model) {
    for (const auto& layer : model.flat_layers()) {
      for (const layers::Weight& weight : layer->weights()) {
        if (weight.tensor.dtype() != DType::float32) continue;
        const auto [low, high] = span_of(*layer, weight);
        weight.tensor.copy_from(
            draws_.tensor(weight.tensor.shape(), low, high));
      }
    }
  }

  static std::pair<double, double> span_of(const layers::Definition& layer,
                                           const layers::Weight& weight) {
    const std::string& name = weight.name;
    const Shape& shape = weight.tensor.shape();
    if (name == "gamma" || name.ends_with("variance")) return {0.5, 1.5};
    if (shape.rank() < 2) return {-0.3, 0.3};
    const bool depthwise = name.starts_with("depthwise") ||
                           layer.class_name() == "DepthwiseConv2D";
    const std::int64_t inputs = depthwise ? shape[0] * shape[1]
                                : layer.class_name() == "Conv2DTranspose"
                                    ? shape.elements() / shape[2]
                                    : shape.elements() / shape.back();
    const double most = std::sqrt(3.0 / static_cast<double>(inputs));
    const double scale = layer.name().starts_with("head") ? 0.5 : 1.2;
    return {-scale * most, scale * most};
  }

  Tensor target(const train::Loss& loss, const Shape& prediction) {
    const TensorSpec spec = train::step_target(prediction, loss, true);
    const std::int64_t classes = std::max<std::int64_t>(prediction.back(), 2);
    if (spec.dtype == DType::float32) return distributions(spec.shape);
    const Tensor tensor(spec.shape, spec.dtype);
    for (std::int64_t i = 0; i < tensor.elements(); ++i) {
      // The first counts, so that something does.
      const bool ignored = i > 0 && draws_.one_in(6);
      const std::int64_t id = draws_.between(0, classes - 1);
      if (spec.dtype == DType::uint8) {
        tensor.data<std::uint8_t>()[i] =
            ignored ? 255 : static_cast<std::uint8_t>(id);
      } else {
        tensor.data<std::int32_t>()[i] =
            ignored ? -1 : static_cast<std::int32_t>(id);
      }
    }
    return tensor;
  }

  // Rows of two classes, some of none.
  Tensor distributions(const Shape& shape) {
    const Tensor tensor(shape);
    const std::int64_t classes = shape.back();
    for (std::int64_t row = 0; row < shape.elements() / classes; ++row) {
      if (row > 0 && draws_.one_in(6)) continue;
      float* const values = tensor.data<float>() + row * classes;
      const float share = static_cast<float>(draws_.uniform());
      values[draws_.between(0, classes - 1)] += share;
      values[draws_.between(0, classes - 1)] += 1 - share;
    }
    return tensor;
  }

  train::Optimizer draw_optimizer(std::uint64_t kind) {
    train::UpdateOptions update{.use_ema = draws_.one_in(3)};
    switch (draws_.between(0, 4)) {
      case 0:
        update.clipnorm = 0.1;
        break;
      case 1:
        update.global_clipnorm = 0.1;
        break;
      case 2:
        update.clipvalue = 0.01;
        break;
      default:
        update.gradient_accumulation_steps = draws_.among({1, 2});
    }
    const double decay = draws_.one_in(2) ? 0.01 : 0;
    switch (kind) {
      case 0:
        return train::Adam{.weight_decay = decay, .update = update};
      case 1:
        return train::AdamW{.update = update};
      case 2:
        return train::SGD{.momentum = draws_.among(std::vector{0.0, 0.9}),
                          .nesterov = draws_.one_in(2),
                          .weight_decay = decay,
                          .update = update};
      case 3:
        return train::RMSprop{.momentum = draws_.among(std::vector{0.0, 0.9}),
                              .centered = draws_.one_in(2),
                              .weight_decay = decay,
                              .update = update};
      default:
        return train::Lion{.weight_decay = decay, .update = update};
    }
  }

  Draws draws_;
  std::int64_t batch_ = draws_.between(1, 3);
  RandomBlocks blocks_{draws_, batch_};
};

}  // namespace

RandomNetwork random_network(std::uint64_t seed) {
  return Drawer(seed).draw(seed % 5);
}

}  // namespace lathe::testing
