#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "augment/matrix.h"
#include "augment/options.h"
#include "core/augmentation/color.h"
#include "core/philox.h"

namespace lathe::augment {

/// How a geometric operation wants pixels read. Operations that agree on it can
/// share one resample. The fill value is in units of the image in [0, 1].
struct Sampling {
  Interpolation interpolation = Interpolation::bilinear;
  FillMode fill_mode = FillMode::reflect;
  float fill_value = 0;

  /// Only FillMode::constant ever shows the fill value.
  bool operator==(const Sampling& other) const {
    return interpolation == other.interpolation &&
           fill_mode == other.fill_mode &&
           (fill_mode != FillMode::constant || fill_value == other.fill_value);
  }
};

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
template <class T>
concept Geometric = Drawing<T> &&
    requires(const T& operation, std::span<const float> drawn, ImageSize size) {
  { operation.matrix(drawn, size) } -> std::same_as<Matrix>;
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

/// Any one operation, checked. A value: copies share what never changes.
class Augmentation {
 public:
  template <class T>
  requires(Geometric<T> || Coloring<T>)
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
  /// The identity where it moves nothing.
  Matrix matrix(std::span<const float> row, ImageSize size) const {
    return operation_->matrix(row, size);
  }
  std::optional<Sampling> sampling() const { return operation_->sampling(); }
  /// 0 where it changes no colours.
  std::size_t color_steps() const { return operation_->color_steps(); }
  void colors(std::span<const float> row, std::span<ColorStep> steps) const {
    operation_->colors(row, steps);
  }
  /// Whether what it does depends on what black and white are.
  bool depends_on_range() const {
    if (color_steps() > 0) return true;
    const std::optional<Sampling> how = sampling();
    return how && how->fill_mode == FillMode::constant;
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
    virtual Matrix matrix(std::span<const float> row, ImageSize size) const = 0;
    virtual std::optional<Sampling> sampling() const = 0;
    virtual std::size_t color_steps() const = 0;
    virtual void colors(std::span<const float> row,
                        std::span<ColorStep> steps) const = 0;
    virtual std::string text() const = 0;
    virtual std::vector<std::pair<std::string, std::string>> options()
        const = 0;
  };

  template <class T>
  struct Held final : Interface {
    explicit Held(T held) : operation(std::move(held)) {}
    std::string_view name() const override { return T::kName; }
    std::vector<std::string> parameters() const override {
      return operation.parameters();
    }
    void draw(Philox& random, std::span<float> row) const override {
      operation.draw(random, row);
    }
    Matrix matrix(std::span<const float> row, ImageSize size) const override {
      if constexpr (Geometric<T>) return operation.matrix(row, size);
      return {};
    }
    std::optional<Sampling> sampling() const override {
      if constexpr (Geometric<T>) return operation.sampling();
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
    std::string text() const override { return text_of(operation); }
    std::vector<std::pair<std::string, std::string>> options() const override {
      return options_of(operation);
    }

    T operation;
  };

  std::shared_ptr<const Interface> operation_;
};

}  // namespace lathe::augment
