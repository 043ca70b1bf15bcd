#pragma once

#include "layers/batch_normalization.h"
#include "layers/conv2d.h"
#include "layers/dense.h"
#include "layers/dropout.h"
#include "layers/global_average_pooling2d.h"
#include "layers/input.h"
#include "models/model.h"
#include "train/data/dataset.h"

namespace lathe::testing {

/// Images of 8 x 8 noise around a colour of their class.
class LabelSet : public train::Dataset {
 public:
  LabelSet(std::int64_t count, std::int64_t classes, std::int64_t batch_size)
      : count_(count), classes_(classes), batch_size_(batch_size) {}

  std::int64_t size() const override { return count_; }
  std::int64_t batch_size() const override { return batch_size_; }
  TensorSpec image_spec() const override { return {{8, 8, 3}, DType::uint8}; }
  TensorSpec target_spec() const override { return {{1}, DType::int32}; }
  void read(std::int64_t index, const Tensor& image,
            const Tensor& target) const override {
    const std::int64_t label = index % classes_;
    target.values<std::int32_t>()[0] = static_cast<std::int32_t>(label);
    std::uint32_t state = static_cast<std::uint32_t>(index) * 2654435761U + 1;
    std::int64_t channel = 0;
    for (std::uint8_t& value : image.values<std::uint8_t>()) {
      state = state * 1664525U + 1013904223U;
      const std::int64_t colour = (label * 97 + channel * label * 31) % 200;
      value = static_cast<std::uint8_t>(colour + (state >> 27U));
      channel = (channel + 1) % 3;
    }
  }

 private:
  std::int64_t count_;
  std::int64_t classes_;
  std::int64_t batch_size_;
};

/// Two convolutions ("stem", "body") with a normalisation, dropout and a dense
/// layer ("top"), for images of 8 x 8.
inline models::Model small_classifier(std::int64_t classes,
                                      std::uint64_t seed = 3) {
  using namespace layers;
  const Symbol input = Input({.shape = {8, 8, 3}});
  Symbol x = Conv2D({.filters = 8,
                     .kernel_size = 3,
                     .strides = 2,
                     .activation = ActivationFunction::relu,
                     .name = "stem"})(input);
  x = Conv2D({.filters = 12, .kernel_size = 3, .name = "body"})(x);
  x = BatchNormalization({.name = "norm"})(x);
  x = GlobalAveragePooling2D()(x);
  x = Dropout({.rate = 0.1})(x);
  x = Dense({.units = classes,
             .activation = classes == 1 ? ActivationFunction::sigmoid
                                        : ActivationFunction::softmax,
             .name = "top"})(x);
  models::Model model(input, x, "classifier");
  model.initialize(seed);
  return model;
}

}  // namespace lathe::testing
