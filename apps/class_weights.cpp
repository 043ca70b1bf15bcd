#include "apps/class_weights.h"

#include <algorithm>

#include "core/error.h"
#include "core/options.h"
#include "train/data/labels.h"
#include "train/report/text.h"

namespace lathe::apps {

std::vector<float> class_weights(const SegmentationOptions& o,
                                 const train::Dataset& masks) {
  const std::int64_t classes = std::max<std::int64_t>(o.classes, 2);
  if (o.class_weights == "none") return {};
  if (o.class_weights == "balanced") {
    return train::balanced_class_weights(
        train::pixel_counts(masks, classes, o.skip_bad));
  }
  std::string list = o.class_weights;
  std::ranges::replace(list, ',', ':');
  std::vector<double> numbers;
  try {
    read(list, numbers);
  } catch (const Error& error) {
    fail("--class-weights ", o.class_weights, ": ", error.what(),
         "; none, balanced, or a number a class such as 1,2.5,0.5");
  }
  if (static_cast<std::int64_t>(numbers.size()) != classes ||
      std::ranges::any_of(numbers, [](double w) { return w < 0; })) {
    fail("--class-weights ", o.class_weights, ": has ", numbers.size(),
         " numbers; one of at least 0 for each of ", classes,
         " classes would be right");
  }
  return {numbers.begin(), numbers.end()};
}

std::string weights_text(const std::vector<float>& weights,
                         const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t c = 0; c < weights.size(); ++c) {
    text += concat(text.empty() ? "class weights: " : ", ", names.at(c), " ",
                   train::number(weights[c], 3));
  }
  return text;
}

}  // namespace lathe::apps
