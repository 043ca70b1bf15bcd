#include "core/graph/operations/augmentation.h"

#include "core/error.h"
#include "core/graph/gradient.h"

namespace lathe::graph {

Specs Augmentation::output_specs(SpecSpan inputs) const {
  require_inputs(kName, inputs, 2, 2);
  const TensorSpec& images = inputs[0];
  if (!effect) fail(kName, ": has no effect");
  if (images.shape.rank() != 4 || images.dtype != DType::float32) {
    fail(kName, ": takes images, float32 (N, H, W, C), and was given ", images);
  }
  require_spec(kName, "the draw", inputs[1],
               {{images.shape[0] + 2}, DType::int64});
  return {images};
}

void Augmentation::gradient(GradientBuilder& builder) const {
  fail(builder.node().name, ": ", kName, " (", effect->text(),
       ") has no gradient with regard to its images, and a layer before it is "
       "trained; augmentation belongs before the first trained layer");
}

Cost Augmentation::cost(SpecSpan inputs, SpecSpan outputs) const {
  // Four taps and what finds them; the draws are nothing beside that.
  constexpr double kOperationsPerValue = 20;
  return streaming_cost(inputs, outputs, kOperationsPerValue);
}

}  // namespace lathe::graph
