#include "augment/group.h"

#include <algorithm>
#include <array>
#include <functional>

namespace lathe::augment {

namespace {

/// A child's effect, and where the child's numbers are in the group's row.
struct Alternative {
  const Augmentation* operation = nullptr;
  const Effect* effect = nullptr;
  std::size_t start = 0;
  std::size_t length = 0;
  Choice choice;

  std::span<const float> numbers(std::span<const float> row) const {
    return row.subspan(start, length);
  }
};

/// What stands for all extents where a group is built.
constexpr std::array kProbes{ImageSize{.height = 1024, .width = 1024},
                             ImageSize{.height = 1024, .width = 1536}};

/// The extents of what an effect makes of a probe; the probe's own where it
/// refuses such images.
ImageSize probed(const Effect& effect, const ImageSize& probe) {
  try {
    return effect.output_size(probe);
  } catch (const Error&) {
    return probe;
  }
}

bool same(const ImageSize& one, const ImageSize& other) {
  return one.height == other.height && one.width == other.width;
}

/// One of several effects, chosen by the row; the identity where none is.
class Slot final : public Effect {
 public:
  bool has_place_for(const Alternative& other) const {
    if (alternatives_.empty()) return true;
    const Effect& effect = *other.effect;
    if (chain_link() || effect.chain_link()) return false;
    const auto one = sampling();
    const auto two = effect.sampling();
    return mixes() == effect.mixes() && (!one || !two || *one == *two) &&
           std::ranges::all_of(kProbes, [&](const ImageSize& probe) {
             return same(probed(*this, probe), probed(effect, probe));
           });
  }
  void add(const Alternative& alternative) {
    alternatives_.push_back(alternative);
  }
  const std::vector<Alternative>& alternatives() const { return alternatives_; }

  /// Throws Error where only some samples would change their extents.
  void check_extents(std::string_view group) const {
    for (const ImageSize& probe : kProbes) {
      const ImageSize made = probed(*this, probe);
      if (same(made, probe)) continue;
      fail(group, ": ", alternatives_.front().operation->name(), " makes ",
           made.height, "x", made.width, " of an image of ", probe.height, "x",
           probe.width,
           ", and only for some samples; all of a batch must come to the same "
           "extents");
    }
  }

  bool moves() const override { return any(&Effect::moves); }
  std::optional<Sampling> sampling() const override {
    for (const Alternative& each : alternatives_) {
      if (const auto how = each.effect->sampling()) return how;
    }
    return {};
  }
  ImageSize output_size(ImageSize size) const override {
    const ImageSize made = alternatives_.front().effect->output_size(size);
    for (const Alternative& each : alternatives_) {
      const ImageSize other = each.effect->output_size(size);
      if (same(made, other)) continue;
      fail(alternatives_.front().operation->name(), " makes ", made.height, "x",
           made.width, " of an image and ", each.operation->name(), " ",
           other.height, "x", other.width,
           "; children of a group must come to the same extents");
    }
    return made;
  }
  Matrix matrix(std::span<const float> row, ImageSize size) const override {
    const Alternative* chosen = chosen_by(row);
    if (chosen == nullptr || !chosen->effect->moves()) return {};
    return chosen->effect->matrix(chosen->numbers(row), size);
  }
  bool needs_boxes() const override { return any(&Effect::needs_boxes); }
  void fit(std::span<float> row, std::span<const Box> boxes,
           ImageSize size) const override {
    const Alternative* chosen = chosen_by(row);
    if (chosen == nullptr) return;
    chosen->effect->fit(row.subspan(chosen->start, chosen->length), boxes,
                        size);
  }
  bool resizes() const override { return any(&Effect::resizes); }
  bool warps() const override { return any(&Effect::warps); }
  std::size_t warp_controls(ImageSize size) const override {
    std::size_t most = 0;
    for (const Alternative& each : alternatives_) {
      most = std::max(most, each.effect->warp_controls(size));
    }
    return most;
  }
  Warp warp(std::span<const float> row, ImageSize size,
            std::span<float> controls) const override {
    const Alternative* chosen = chosen_by(row);
    if (chosen == nullptr) return {};
    return chosen->effect->warp(
        chosen->numbers(row), size,
        controls.first(chosen->effect->warp_controls(size)));
  }
  std::size_t color_steps() const override {
    return most(&Effect::color_steps);
  }
  void colors(std::span<const float> row,
              std::span<ColorStep> steps) const override {
    std::ranges::fill(steps, ColorStep{});
    if (const Alternative* chosen = chosen_by(row)) {
      chosen->effect->colors(chosen->numbers(row),
                             steps.first(chosen->effect->color_steps()));
    }
  }
  std::size_t filter_steps() const override {
    return most(&Effect::filter_steps);
  }
  void filters(std::span<const float> row, ImageSize size,
               std::span<FilterStep> steps) const override {
    std::ranges::fill(steps, FilterStep{});
    if (const Alternative* chosen = chosen_by(row)) {
      chosen->effect->filters(chosen->numbers(row), size,
                              steps.first(chosen->effect->filter_steps()));
    }
  }
  StepNeeds needs() const override {
    StepNeeds result;
    for (const Alternative& each : alternatives_) {
      result = result.either(each.effect->needs());
    }
    return result;
  }
  std::optional<ChainLink> chain_link() const override {
    return alternatives_.front().effect->chain_link();
  }
  float chain_part(std::span<const float> row) const override {
    const Alternative* chosen = chosen_by(row);
    if (chosen == nullptr) return 0;
    return chosen->effect->chain_part(chosen->numbers(row));
  }
  bool mixes() const override { return any(&Effect::mixes); }
  bool needs_masks() const override { return any(&Effect::needs_masks); }
  MixStep mix(std::span<const float> row, ImageSize size,
              BatchPlace place) const override {
    const Alternative* chosen = chosen_by(row);
    if (chosen == nullptr) return {};
    return chosen->effect->mix(chosen->numbers(row), size, place);
  }

 private:
  const Alternative* chosen_by(std::span<const float> row) const {
    for (const Alternative& each : alternatives_) {
      if (row[each.choice.column] == each.choice.value) return &each;
    }
    return nullptr;
  }
  bool any(bool (Effect::*question)() const) const {
    return std::ranges::any_of(alternatives_, [&](const Alternative& each) {
      return (each.effect->*question)();
    });
  }
  std::size_t most(std::size_t (Effect::*count)() const) const {
    std::size_t result = 0;
    for (const Alternative& each : alternatives_) {
      result = std::max(result, (each.effect->*count)());
    }
    return result;
  }

  std::vector<Alternative> alternatives_;
};

using Slots = std::vector<std::shared_ptr<Slot>>;

/// Each child's effects, in order, with the place of its numbers.
std::vector<std::vector<Alternative>> alternatives_of(
    const std::vector<Augmentation>& operations, std::size_t own,
    const std::vector<Choice>& choices) {
  std::vector<std::vector<Alternative>> all;
  std::size_t start = own;
  for (std::size_t k = 0; k < operations.size(); ++k) {
    const std::size_t length = operations[k].parameters().size();
    all.emplace_back();
    for (const Effect* effect : operations[k].effects()) {
      all.back().push_back({.operation = &operations[k],
                            .effect = effect,
                            .start = start,
                            .length = length,
                            .choice = choices[k]});
    }
    start += length;
  }
  return all;
}

Effects checked(std::string_view group, const Slots& slots,
                const std::function<bool(const Slot&)>& always) {
  for (const auto& slot : slots) {
    if (!always(*slot)) slot->check_extents(group);
  }
  return {slots.begin(), slots.end()};
}

}  // namespace

void check_group(std::string_view group,
                 const std::vector<Augmentation>& operations) {
  if (!operations.empty()) return;
  fail(group, ": no operations; it is made of others, as in ", group,
       "(flip,rotation=0.1)");
}

std::vector<std::string> parameters_of_group(
    std::vector<std::string> own, const std::vector<Augmentation>& operations) {
  for (const Augmentation& operation : operations) {
    for (const std::string& name : operation.parameters()) {
      own.push_back(concat(operation.name(), ".", name));
    }
  }
  return own;
}

void draw_operations(Philox& random, std::span<float> row, std::size_t own,
                     const std::vector<Augmentation>& operations) {
  row = row.subspan(own);
  for (const Augmentation& operation : operations) {
    const std::size_t length = operation.parameters().size();
    operation.draw(random, row.first(length));
    row = row.subspan(length);
  }
}

Effects one_after_the_other(std::string_view group,
                            const std::vector<Augmentation>& operations,
                            std::size_t own, const std::vector<Choice>& choices,
                            bool always) {
  Slots slots;
  for (const auto& effects : alternatives_of(operations, own, choices)) {
    for (const Alternative& each : effects) {
      slots.push_back(std::make_shared<Slot>());
      slots.back()->add(each);
    }
  }
  return checked(group, slots, [&](const Slot&) { return always; });
}

Effects side_by_side(std::string_view group,
                     const std::vector<Augmentation>& operations,
                     std::size_t own, const std::vector<Choice>& choices,
                     bool always) {
  Slots slots;
  for (const auto& effects : alternatives_of(operations, own, choices)) {
    std::size_t place = 0;
    for (const Alternative& each : effects) {
      while (place < slots.size() && !slots[place]->has_place_for(each)) {
        ++place;
      }
      if (place == slots.size()) slots.push_back(std::make_shared<Slot>());
      slots[place++]->add(each);
    }
  }
  return checked(group, slots, [&](const Slot& slot) {
    return always && slot.alternatives().size() == operations.size();
  });
}

}  // namespace lathe::augment
