#include "core/reference/filter.h"

#include <algorithm>

namespace lathe::reference {

namespace {

struct Image {
  float* values;
  std::int64_t height;
  std::int64_t width;
  std::int64_t channels;
};

void erase(const FilterStep& step, const ValueRange& range,
           const Image& image) {
  const auto [left, top, right, bottom, value, a, b] = step.numbers;
  const float fill = range.low + value * (range.high - range.low);
  for (auto y = static_cast<std::int64_t>(top);
       y < static_cast<std::int64_t>(bottom); ++y) {
    float* line = image.values + y * image.width * image.channels;
    std::fill(line + static_cast<std::int64_t>(left) * image.channels,
              line + static_cast<std::int64_t>(right) * image.channels, fill);
  }
}

}  // namespace

void filter(const Filters& filters, const Tensor& images) {
  const Shape& shape = images.shape();
  const std::int64_t size = shape[1] * shape[2] * shape[3];
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    for (std::int64_t i = 0; i < filters.count; ++i) {
      const FilterStep& step = filters.steps[n * filters.count + i];
      const Image image{images.data<float>() + n * size, shape[1], shape[2],
                        shape[3]};
      if (step.kind == FilterKind::erase) erase(step, filters.range, image);
    }
  }
}

}  // namespace lathe::reference
