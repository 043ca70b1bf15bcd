#include "core/reference/mix.h"

#include <algorithm>

namespace lathe::reference {

void mix(const MixStep* steps, const Tensor& images, const Tensor& output) {
  const std::int64_t size = images.elements() / images.shape()[0];
  for (std::int64_t n = 0; n < images.shape()[0]; ++n) {
    const MixStep& step = steps[n];
    const float* own = images.data<float>() + n * size;
    const float* other = images.data<float>() + step.partners[0] * size;
    float* to = output.data<float>() + n * size;
    if (step.kind == MixKind::none) {
      std::copy(own, own + size, to);
    } else {
      for (std::int64_t i = 0; i < size; ++i) {
        to[i] = step.weight * own[i] + (1 - step.weight) * other[i];
      }
    }
  }
}

}  // namespace lathe::reference
