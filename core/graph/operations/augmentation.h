#pragma once

#include <memory>

#include "core/augmentation/effect.h"
#include "core/graph/operations/common.h"

namespace lathe::graph {

/// Images changed by an effect. Inputs: images (N, H, W, C), float32, and draw
/// (int64, N + 2): the seed, the epoch, and the sample id of each row. Nothing
/// flows back into the images: asking for it throws Error.
struct Augmentation {
  static constexpr std::string_view kName = "augmentation";
  std::shared_ptr<const ImageEffect> effect;

  Specs output_specs(SpecSpan inputs) const;
  void gradient(GradientBuilder& builder) const;
  Cost cost(SpecSpan inputs, SpecSpan outputs) const;
};

}  // namespace lathe::graph
