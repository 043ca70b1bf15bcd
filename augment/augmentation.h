#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "augment/effect.h"
#include "augment/options.h"
#include "core/philox.h"

namespace lathe::augment {

/// What every operation has. Its options are plain members, and it has
///   kName                its name in texts
///   visit(self, visitor) calls visitor(name, option) for every option, the
///                        most important one first
///   check()              throws Error for options that make no sense
///   parameters()         names of the numbers it draws for a sample
///   draw(random, row)    draws them: a pure function of the generator's key
template <class T>
concept Drawing = requires(const T& operation, Philox& random,
                           std::span<float> row) {
  { T::kName } -> std::convertible_to<std::string_view>;
  operation.check();
  { operation.parameters() } -> std::same_as<std::vector<std::string>>;
  operation.draw(random, row);
};

/// An operation that moves pixels, of images and masks alike:
///   matrix(row, size)    what the numbers do to an image of that size
///   sampling()           how it reads pixels; nothing if it can do with any,
///                        as a flip can
///   output_size(size)    where it makes images of other extents
template <class T>
concept Geometric = Drawing<T> &&
    requires(const T& operation, std::span<const float> drawn, ImageSize size) {
  { operation.matrix(drawn, size) } -> std::same_as<Matrix>;
  { operation.sampling() } -> std::convertible_to<std::optional<Sampling>>;
};

template <class T>
concept Resizing = Geometric<T> &&
    requires(const T& operation, ImageSize size) {
  { operation.output_size(size) } -> std::same_as<ImageSize>;
};

/// One whose numbers depend on a sample's boxes too:
///   fit(row, boxes, size)  completes the row by what follows from them
template <class T>
concept Fitting = Geometric<T> &&
    requires(const T& operation, std::span<float> row,
             std::span<const Box> boxes, ImageSize size) {
  operation.fit(row, boxes, size);
};

/// An operation that moves pixels as no matrix can:
///   warp_controls(size)         how many numbers its warp has beside the row
///   warp(row, size, controls)   the warp, whose controls it writes
///   sampling()                  as above
template <class T>
concept Warping = Drawing<T> &&
    requires(const T& operation, std::span<const float> drawn, ImageSize size,
             std::span<float> controls) {
  { operation.warp_controls(size) } -> std::same_as<std::size_t>;
  { operation.warp(drawn, size, controls) } -> std::same_as<Warp>;
  { operation.sampling() } -> std::convertible_to<std::optional<Sampling>>;
};

/// An operation that changes the colours of images:
///   color_steps()        how many steps it takes
///   colors(row, steps)   the steps that the numbers mean
template <class T>
concept Coloring = Drawing<T> &&
    requires(const T& operation, std::span<const float> drawn,
             std::span<ColorStep> steps) {
  { operation.color_steps() } -> std::same_as<std::size_t>;
  operation.colors(drawn, steps);
};

/// An operation that needs a pixel's place, neighbours or the whole image:
///   filter_steps()             how many steps it takes
///   filters(row, size, steps)  the steps that the numbers mean
template <class T>
concept Filtering = Drawing<T> &&
    requires(const T& operation, std::span<const float> drawn, ImageSize size,
             std::span<FilterStep> steps) {
  { operation.filter_steps() } -> std::same_as<std::size_t>;
  operation.filters(drawn, size, steps);
};

/// An operation whose steps may need means, neighbours, histograms or masks, or
/// are a JPEG's:
///   needs()                    these, whatever is drawn
template <class T>
concept Needing = (Coloring<T> || Filtering<T>)&&requires(const T& operation) {
  { operation.needs() } -> std::same_as<StepNeeds>;
};

/// An operation that makes a sample of several of its batch:
///   mix(row, size, place)  the step that the numbers mean
///   kNeedsMasks            true where it needs masks of class ids
template <class T>
concept Mixing = Drawing<T> &&
    requires(const T& operation, std::span<const float> drawn, ImageSize size,
             BatchPlace place) {
  { operation.mix(drawn, size, place) } -> std::same_as<MixStep>;
};

/// Effects of one operation, done one after the other.
using Effects = std::vector<std::shared_ptr<const Effect>>;

/// An operation that has several effects in a row.
///   effects()            makes them; each is given all the operation's numbers
template <class T>
concept Composing = Drawing<T> && requires(const T& operation) {
  { operation.effects() } -> std::same_as<Effects>;
};

class Augmentation;

/// An operation made of others.
///   operations           them, its children
///   acting(row)          which of them act, in order
template <class T>
concept Grouping = Composing<T> &&
    requires(T operation, std::span<const float> drawn) {
  { operation.operations } -> std::same_as<std::vector<Augmentation>&>;
  { operation.acting(drawn) } -> std::same_as<std::vector<std::size_t>>;
};

/// An operation that tells its numbers in its own words.
///   describe(row)        the words, without its name
template <class T>
concept Describing = Drawing<T> &&
    requires(const T& operation, std::span<const float> drawn) {
  { operation.describe(drawn) } -> std::same_as<std::string>;
};

/// Any one operation, checked. A value: copies share what never changes.
class Augmentation {
 public:
  template <class T>
  requires(Geometric<T> || Warping<T> || Coloring<T> || Filtering<T> ||
           Mixing<T> || Composing<T>)
      Augmentation(T operation)  // so that a list may name operations plainly
      : operation_(hold(std::move(operation))) {}

  std::string_view name() const { return operation_->name(); }
  std::vector<std::string> parameters() const {
    return operation_->parameters();
  }
  void draw(Philox& random, std::span<float> row) const {
    operation_->draw(random, row);
  }
  /// What it does with the numbers, one effect after the other. They live as
  /// long as the operation or a copy of it.
  std::vector<const Effect*> effects() const { return operation_->effects(); }
  /// What a group is made of; empty for other operations.
  std::vector<Augmentation> operations() const;
  bool depends_on_range() const {
    return std::ranges::any_of(effects(), &Effect::depends_on_range);
  }
  bool changes_colors() const {
    return std::ranges::any_of(
        effects(), [](const Effect* each) { return each->color_steps() > 0; });
  }
  /// Whether it needs the boxes of a sample.
  bool needs_boxes() const {
    return std::ranges::any_of(effects(), &Effect::needs_boxes);
  }
  /// As parse() reads it: "rotation=0.1" if only the first option matters,
  /// else "rotation(factor=0.1,p=0.5)" with what is not at its default.
  std::string text() const;
  /// What a sample with these numbers gets: "rotation: degrees 12.5".
  std::string describe(std::span<const float> row) const;
  /// All options as texts, the most important one first.
  NamedTexts options() const { return operation_->options(); }
  /// Those that are not at their defaults.
  NamedTexts changed_options() const;

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::string_view name() const = 0;
    virtual std::vector<std::string> parameters() const = 0;
    virtual void draw(Philox& random, std::span<float> row) const = 0;
    virtual std::vector<const Effect*> effects() const = 0;
    virtual std::vector<Augmentation> operations() const = 0;
    virtual bool groups() const = 0;
    virtual std::vector<std::size_t> acting(
        std::span<const float> row) const = 0;
    /// Its own words for these numbers, if it has any.
    virtual std::optional<std::string> describe(
        std::span<const float> row) const = 0;
    virtual NamedTexts options() const = 0;
    virtual NamedTexts defaults() const = 0;
  };

  template <class T>
  struct Held final : Interface, Effect {
    explicit Held(T held) : operation(std::move(held)) {
      if constexpr (Composing<T>) made = operation.effects();
    }
    std::string_view name() const override { return T::kName; }
    std::vector<std::string> parameters() const override {
      return operation.parameters();
    }
    void draw(Philox& random, std::span<float> row) const override {
      operation.draw(random, row);
    }
    std::vector<const Effect*> effects() const override {
      if constexpr (!Composing<T>) return {this};
      std::vector<const Effect*> all;
      for (const auto& each : made) all.push_back(each.get());
      return all;
    }
    std::vector<Augmentation> operations() const override {
      if constexpr (Grouping<T>) return operation.operations;
      return {};
    }
    bool groups() const override { return Grouping<T>; }
    std::vector<std::size_t> acting(std::span<const float> row) const override {
      if constexpr (Grouping<T>) return operation.acting(row);
      return {};
    }
    std::optional<std::string> describe(
        std::span<const float> row) const override {
      if constexpr (Describing<T>) return operation.describe(row);
      return {};
    }
    NamedTexts options() const override { return options_of(operation); }
    NamedTexts defaults() const override { return options_of(T{}); }

    bool moves() const override { return Geometric<T> || Warping<T>; }
    std::optional<Sampling> sampling() const override {
      if constexpr (Geometric<T> || Warping<T>) return operation.sampling();
      return {};
    }
    bool resizes() const override { return Resizing<T>; }
    ImageSize output_size(ImageSize size) const override {
      if constexpr (Resizing<T>) return operation.output_size(size);
      return size;
    }
    Matrix matrix(std::span<const float> row, ImageSize size) const override {
      if constexpr (Geometric<T>) return operation.matrix(row, size);
      return {};
    }
    bool needs_boxes() const override { return Fitting<T>; }
    void fit(std::span<float> row, std::span<const Box> boxes,
             ImageSize size) const override {
      if constexpr (Fitting<T>) operation.fit(row, boxes, size);
    }
    bool warps() const override { return Warping<T>; }
    std::size_t warp_controls(ImageSize size) const override {
      if constexpr (Warping<T>) return operation.warp_controls(size);
      return 0;
    }
    Warp warp(std::span<const float> row, ImageSize size,
              std::span<float> controls) const override {
      if constexpr (Warping<T>) return operation.warp(row, size, controls);
      return {};
    }
    std::size_t color_steps() const override {
      if constexpr (Coloring<T>) return operation.color_steps();
      return 0;
    }
    void colors(std::span<const float> row,
                std::span<ColorStep> steps) const override {
      if constexpr (Coloring<T>) operation.colors(row, steps);
    }
    std::size_t filter_steps() const override {
      if constexpr (Filtering<T>) return operation.filter_steps();
      return 0;
    }
    void filters(std::span<const float> row, ImageSize size,
                 std::span<FilterStep> steps) const override {
      if constexpr (Filtering<T>) operation.filters(row, size, steps);
    }
    StepNeeds needs() const override {
      if constexpr (Needing<T>) return operation.needs();
      return {};
    }
    bool mixes() const override { return Mixing<T>; }
    bool needs_masks() const override {
      return requires {
        requires T::kNeedsMasks;
      };
    }
    MixStep mix(std::span<const float> row, ImageSize size,
                BatchPlace place) const override {
      if constexpr (Mixing<T>) return operation.mix(row, size, place);
      return {};
    }

    T operation;
    Effects made;
  };

  // Not inline: list.cpp has it for what lathe comes with, which takes a second
  // to compile wherever else it is.
  template <class T>
  static std::shared_ptr<const Interface> hold(T operation);

  std::string describe_group(std::span<const float> row) const;

  std::shared_ptr<const Interface> operation_;
};

template <class T>
std::shared_ptr<const Augmentation::Interface> Augmentation::hold(T operation) {
  operation.check();
  return std::make_shared<const Held<T>>(std::move(operation));
}

inline std::vector<Augmentation> Augmentation::operations() const {
  return operation_->operations();
}

}  // namespace lathe::augment
