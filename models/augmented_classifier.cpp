#include "models/augmented_classifier.h"

#include "augment/layer.h"
#include "augment/random_flip.h"
#include "augment/random_rotation.h"
#include "augment/random_zoom.h"
#include "core/error.h"
#include "layers/dense.h"
#include "layers/input.h"

namespace lathe::models {

Model augmented_classifier(const AugmentedClassifierOptions& options) {
  if (options.classes < 1) {
    fail("augmented_classifier: ", options.classes,
         " classes; it must be at least 1");
  }
  const layers::Symbol input = layers::Input(
      {.shape = {options.size.height, options.size.width, options.channels}});
  layers::Symbol x = augment::layer(augment::RandomFlip{"horizontal"})(input);
  x = augment::layer(augment::RandomRotation{0.1})(x);
  x = augment::layer(augment::RandomZoom{0.2})(x);
  x = efficientnet({.variant = options.variant,
                    .size = options.size,
                    .channels = options.channels})(x);
  x = layers::Dense({.units = options.classes,
                     .activation = options.classifier_activation})(x);
  return Model(input, x, options.name);
}

}  // namespace lathe::models
