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

/// An operation that makes a sample of several of its batch:
///   mix(row, size, place)  the step that the numbers mean
template <class T>
concept Mixing = Drawing<T> &&
    requires(const T& operation, std::span<const float> drawn, ImageSize size,
             BatchPlace place) {
  { operation.mix(drawn, size, place) } -> std::same_as<MixStep>;
};

/// A group of operations, which has several effects in a row.
///   effects()            them; they live as long as the group
template <class T>
concept Grouping = Drawing<T> && requires(const T& operation) {
  { operation.effects() } -> std::same_as<std::vector<const Effect*>>;
  { operation.text() } -> std::same_as<std::string>;
};

/// Any one operation, checked. A value: copies share what never changes.
class Augmentation {
 public:
  template <class T>
  requires(Geometric<T> || Coloring<T> || Filtering<T> || Mixing<T> ||
           Grouping<T>)
      Augmentation(T operation)  // so that a list may name operations plainly
      : operation_((operation.check(),
                    std::make_shared<const Held<T>>(std::move(operation)))) {}

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
  bool depends_on_range() const {
    return std::ranges::any_of(effects(), &Effect::depends_on_range);
  }
  bool changes_colors() const {
    return std::ranges::any_of(
        effects(), [](const Effect* each) { return each->color_steps() > 0; });
  }
  /// As parse() reads it: "rotation=0.1".
  std::string text() const { return operation_->text(); }
  /// All options as texts, the most important one first.
  std::vector<std::pair<std::string, std::string>> options() const {
    return operation_->options();
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual std::string_view name() const = 0;
    virtual std::vector<std::string> parameters() const = 0;
    virtual void draw(Philox& random, std::span<float> row) const = 0;
    virtual std::vector<const Effect*> effects() const = 0;
    virtual std::string text() const = 0;
    virtual std::vector<std::pair<std::string, std::string>> options()
        const = 0;
  };

  template <class T>
  struct Held final : Interface, Effect {
    explicit Held(T held) : operation(std::move(held)) {}
    std::string_view name() const override { return T::kName; }
    std::vector<std::string> parameters() const override {
      return operation.parameters();
    }
    void draw(Philox& random, std::span<float> row) const override {
      operation.draw(random, row);
    }
    std::vector<const Effect*> effects() const override {
      if constexpr (Grouping<T>) {
        return operation.effects();
      } else {
        return {this};
      }
    }
    std::string text() const override {
      if constexpr (Grouping<T>) {
        return operation.text();
      } else {
        return text_of(operation);
      }
    }
    std::vector<std::pair<std::string, std::string>> options() const override {
      return options_of(operation);
    }

    bool moves() const override { return Geometric<T>; }
    std::optional<Sampling> sampling() const override {
      if constexpr (Geometric<T>) return operation.sampling();
      return {};
    }
    ImageSize output_size(ImageSize size) const override {
      if constexpr (Resizing<T>) return operation.output_size(size);
      return size;
    }
    Matrix matrix(std::span<const float> row, ImageSize size) const override {
      if constexpr (Geometric<T>) return operation.matrix(row, size);
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
    bool mixes() const override { return Mixing<T>; }
    MixStep mix(std::span<const float> row, ImageSize size,
                BatchPlace place) const override {
      if constexpr (Mixing<T>) return operation.mix(row, size, place);
      return {};
    }

    T operation;
  };

  std::shared_ptr<const Interface> operation_;
};

}  // namespace lathe::augment
