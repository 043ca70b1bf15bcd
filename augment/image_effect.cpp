#include "augment/image_effect.h"

#include <algorithm>
#include <mutex>

#include "augment/parse.h"

namespace lathe::augment {

namespace {

class PipelineEffect final : public ImageEffect {
 public:
  PipelineEffect(Pipeline pipeline, ValueRange range)
      : pipeline_(std::move(pipeline)), range_(range) {}

  void apply(Device device, const Tensor& images, const std::int64_t* draw,
             const Tensor& output, void* workspace) const override {
    const auto samples = static_cast<std::size_t>(images.shape()[0]);
    const Targets input{.images = images, .masks = {}};
    if (device == Device::cuda) {
      const std::lock_guard lock(gpu_mutex_);
      gpu_ids_.resize(samples);
      pipeline_.apply(input, key_of(draw, gpu_ids_), to(output), gpu_, device);
      return;
    }
    const std::span ids(static_cast<std::uint32_t*>(workspace), samples);
    pipeline_.apply(
        input, key_of(draw, ids), to(output),
        static_cast<std::byte*>(workspace) + id_bytes(images.shape()[0]),
        device);
  }

  std::size_t workspace_bytes(const Shape& images) const override {
    const Tensor batch({images, DType::float32}, nullptr, nullptr);
    return id_bytes(images[0]) +
           pipeline_.workspace_bytes({.images = batch, .masks = {}});
  }

  std::shared_ptr<const ImageEffect> then(
      const ImageEffect& next) const override {
    const auto* other = dynamic_cast<const PipelineEffect*>(&next);
    if (other == nullptr) return nullptr;
    const bool depends = depends_on_range();
    if (depends && other->depends_on_range() && other->range_ != range_) {
      return nullptr;
    }
    PipelineOptions options = pipeline_.options();
    options.first_number +=
        static_cast<std::uint32_t>(pipeline_.augmentations().size());
    if (!(other->pipeline_.options() == options)) return nullptr;
    std::vector<Augmentation> both = pipeline_.augmentations();
    both.insert(both.end(), other->pipeline_.augmentations().begin(),
                other->pipeline_.augmentations().end());
    return effect_of(Pipeline(std::move(both), pipeline_.options()),
                     depends ? range_ : other->range_);
  }

  std::string text() const override { return to_text(pipeline_); }

 private:
  bool depends_on_range() const {
    return std::ranges::any_of(pipeline_.augmentations(),
                               &Augmentation::depends_on_range);
  }

  static BatchKey key_of(const std::int64_t* draw,
                         std::span<std::uint32_t> ids) {
    std::transform(
        draw + 2, draw + 2 + ids.size(), ids.begin(),
        [](std::int64_t id) { return static_cast<std::uint32_t>(id); });
    return {.seed = static_cast<std::uint64_t>(draw[0]),
            .epoch = static_cast<std::uint32_t>(draw[1]),
            .sample_ids = ids};
  }

  Output to(const Tensor& output) const {
    return {.images = output,
            .masks = {},
            .scale = (range_.high - range_.low) / kWhiteByte,
            .offset = range_.low};
  }

  static std::size_t id_bytes(std::int64_t samples) {
    return aligned(static_cast<std::size_t>(samples) * sizeof(std::uint32_t));
  }

  Pipeline pipeline_;
  ValueRange range_;
  // For a GPU. Models share effects, and threads may train them at once.
  mutable std::mutex gpu_mutex_;
  mutable std::vector<std::uint32_t> gpu_ids_;
  mutable Workspace gpu_;
};

}  // namespace

std::shared_ptr<const ImageEffect> effect_of(Pipeline pipeline,
                                             ValueRange range) {
  pipeline.refuse_in("a model");
  return std::make_shared<PipelineEffect>(std::move(pipeline), range);
}

}  // namespace lathe::augment
