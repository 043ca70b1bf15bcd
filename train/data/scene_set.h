#pragma once

#include "core/graph/operations/convolution.h"
#include "train/data/dataset.h"
#include "train/data/scenes.h"

namespace lathe::train {

struct SceneSetOptions {
  graph::Size2D size = {224, 224};
  std::int64_t count = 600;
  std::uint64_t seed = 0;
  std::int64_t batch_size = 16;
};

/// Generated scenes with exact masks (draw_scene), drawn when they are read.
class SceneSet : public Dataset {
 public:
  explicit SceneSet(SceneSetOptions options) : options_(options) {}

  std::int64_t size() const override { return options_.count; }
  TensorSpec image_spec() const override {
    return {{options_.size.height, options_.size.width, 3}, DType::uint8};
  }
  TensorSpec target_spec() const override {
    return {{options_.size.height, options_.size.width, 1}, DType::uint8};
  }
  void read(std::int64_t index, const Tensor& image,
            const Tensor& mask) const override {
    draw_scene(options_.seed, static_cast<std::uint32_t>(index), image, mask);
  }
  std::int64_t batch_size() const override { return options_.batch_size; }

 private:
  SceneSetOptions options_;
};

}  // namespace lathe::train
