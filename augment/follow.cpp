#include "augment/pipeline.h"
#include "augment/scene.h"
#include "core/error.h"

namespace lathe::augment {

void Pipeline::fit(const Pass& pass, ImageSize size, const Tensor& table,
                   std::span<const Scene> scenes) const {
  if (pass.first == pass.last) return;
  const Stage& stage = stages_[pass.first];
  if (!stage.effect->needs_boxes()) return;
  for (std::size_t n = 0; n < scenes.size(); ++n) {
    std::vector<Box> boxes = scenes[n].annotations({}).boxes;
    std::erase_if(boxes, [](const Box& box) { return !box.valid; });
    stage.effect->fit(numbers(stage, table, static_cast<std::int64_t>(n)),
                      boxes, size);
  }
}

void Pipeline::move(const Pass& pass, ImageSize size, const Tensor& table,
                    std::span<Scene> scenes) const {
  const Window window = window_of(output_size(pass, size));
  std::vector<float> controls(warp_controls(pass, size));
  std::vector<FilterStep> filters;
  for (std::size_t n = 0; n < scenes.size(); ++n) {
    Motion motion;
    ImageSize current = size;
    filters.clear();
    for (std::size_t i = pass.first; i < pass.last; ++i) {
      const Effect& effect = *stages_[i].effect;
      const auto drawn =
          numbers(stages_[i], table, static_cast<std::int64_t>(n));
      if (effect.warps()) motion.warp = effect.warp(drawn, current, controls);
      if (effect.moves()) {
        Matrix& matrix = motion.bends() ? motion.after : motion.before;
        matrix = matrix * effect.matrix(drawn, current);
      }
      current = effect.output_size(current);
      const std::size_t before = filters.size();
      filters.resize(before + effect.filter_steps());
      effect.filters(drawn, current, std::span(filters).subspan(before));
    }
    motion.before = forward_of(motion.before);
    motion.after = forward_of(motion.after);
    scenes[n].move(motion, window);
    for (const FilterStep& step : filters) scenes[n].erase(step);
  }
}

void Pipeline::mix(const Pass& pass, ImageSize size, const Tensor& table,
                   std::vector<Scene>& scenes) const {
  const auto samples = static_cast<std::int64_t>(scenes.size());
  for (std::size_t i = pass.first; i < pass.last; ++i) {
    const std::vector<Scene> batch = scenes;
    for (std::int64_t n = 0; n < samples; ++n) {
      Scene& scene = scenes[static_cast<std::size_t>(n)];
      const MixStep step =
          stages_[i].effect->mix(numbers(stages_[i], table, n), size,
                                 {.index = n, .samples = samples});
      scene = scene.mixed(step, size, batch);
    }
  }
}

std::vector<Scene> Pipeline::scenes_after(
    std::span<const Annotations> annotations, ImageSize size,
    const Tensor& table) const {
  std::vector<Scene> scenes;
  for (const Annotations& each : annotations) {
    scenes.emplace_back(each, window_of(size));
  }
  for (const Pass& pass : passes_) {
    if (pass.link) continue;
    fit(pass, size, table, scenes);
    if (pass.mixes) {
      mix(pass, size, table, scenes);
    } else {
      move(pass, size, table, scenes);
    }
    size = output_size(pass, size);
  }
  return scenes;
}

void Pipeline::fit(std::span<const Annotations> annotations, ImageSize size,
                   const Tensor& table) const {
  scenes_after(annotations, size, table);
}

void Pipeline::follow(std::span<Annotations> annotations, const BatchKey& key,
                      ImageSize size, const FollowOptions& how) const {
  if (annotations.size() != key.sample_ids.size()) {
    fail("follow: annotations of ", annotations.size(), " samples for ",
         key.sample_ids.size(), " sample ids");
  }
  if (needs_masks()) {
    fail(
        "follow: what copy_paste pastes depends on masks, which boxes and "
        "keypoints don't follow");
  }
  if (mixes() && annotations.size() < 2) {
    fail("follow: a batch of one; mixing needs at least two samples");
  }
  const Tensor table(
      {static_cast<std::int64_t>(annotations.size()), row_length_});
  draw(key, table);
  const std::vector<Scene> scenes = scenes_after(annotations, size, table);
  for (std::size_t n = 0; n < scenes.size(); ++n) {
    annotations[n] = scenes[n].annotations(how);
  }
}

}  // namespace lathe::augment
