#include "augment/policy.h"

#include <algorithm>
#include <cmath>

#include "augment/random_rotation.h"

namespace lathe::augment {

namespace {

constexpr std::array kNames{
    "identity",  "shear_x",    "shear_y",      "translate_x", "translate_y",
    "rotate",    "brightness", "color",        "contrast",    "sharpness",
    "posterize", "solarize",   "autocontrast", "equalize",    "invert"};

bool has_amount(PolicyKind kind) {
  return kind != PolicyKind::identity && kind < PolicyKind::autocontrast;
}

class PolicyEffect final : public Effect {
 public:
  PolicyEffect(const PolicyReading& reading, std::size_t column,
               const std::optional<ChainLink>& link)
      : reading_(reading), column_(column), link_(link) {}

  bool moves() const override { return true; }
  std::optional<Sampling> sampling() const override {
    return reading_.sampling;
  }

  Matrix matrix(std::span<const float> row, ImageSize size) const override {
    const float amount = row[column_ + 1];
    const double slope = amount;
    switch (kind(row)) {
      case PolicyKind::shear_x:
        return {{1, -slope, 0, 0, 1, 0, 0, 0, 1}};
      case PolicyKind::shear_y:
        return {{1, 0, 0, -slope, 1, 0, 0, 0, 1}};
      case PolicyKind::translate_x:
        return {{1, 0, -pixels(amount, size.width), 0, 1, 0, 0, 0, 1}};
      case PolicyKind::translate_y:
        return {{1, 0, 0, 0, 1, -pixels(amount, size.height), 0, 0, 1}};
      case PolicyKind::rotate:
        return RandomRotation{}.matrix(std::array{amount}, size);
      default:
        return {};
    }
  }

  std::size_t color_steps() const override { return 1; }
  void colors(std::span<const float> row,
              std::span<ColorStep> steps) const override {
    const float amount = row[column_ + 1];
    switch (kind(row)) {
      case PolicyKind::brightness:
        steps[0] = {.kind = ColorKind::exposure, .a = 1 + amount};
        return;
      case PolicyKind::color:
        steps[0] = {.kind = ColorKind::grayscale, .a = -amount};
        return;
      case PolicyKind::contrast:
        steps[0] = {.kind = ColorKind::grey_contrast, .a = 1 + amount};
        return;
      case PolicyKind::posterize:
        steps[0] = {.kind = ColorKind::posterize, .a = amount};
        return;
      case PolicyKind::solarize:
        steps[0] = {.kind = ColorKind::solarize, .a = amount};
        return;
      case PolicyKind::invert:
        steps[0] = {.kind = ColorKind::invert, .a = 0};
        return;
      default:
        steps[0] = {};
    }
  }

  StepNeeds needs() const override {
    return {.means = 1, .neighbours = true, .histograms = 1};
  }

  std::size_t filter_steps() const override { return 1; }
  void filters(std::span<const float> row, ImageSize /*size*/,
               std::span<FilterStep> steps) const override {
    constexpr auto kMode = static_cast<float>(FillMode::reflect);
    switch (kind(row)) {
      case PolicyKind::sharpness:
        // A filter's factor of 0.5 leaves images as they are.
        steps[0] = {.kind = FilterKind::sharpness,
                    .numbers = {0.5F * (1 + row[column_ + 1]), kMode}};
        return;
      case PolicyKind::autocontrast:
        steps[0] = {.kind = FilterKind::autocontrast};
        return;
      case PolicyKind::equalize:
        steps[0] = {.kind = FilterKind::equalize};
        return;
      default:
        steps[0] = {};
    }
  }

  std::optional<ChainLink> chain_link() const override { return link_; }
  float chain_part(std::span<const float> row) const override {
    return link_ ? row[link_->chain] : 0;
  }

 private:
  PolicyKind kind(std::span<const float> row) const {
    return static_cast<PolicyKind>(static_cast<std::int32_t>(row[column_]));
  }
  double pixels(float amount, std::int64_t extent) const {
    return std::trunc(
        static_cast<double>(amount) *
        (reading_.translates_pixels ? 1.0 : static_cast<double>(extent)));
  }

  PolicyReading reading_;
  std::size_t column_;
  std::optional<ChainLink> link_;
};

}  // namespace

std::string name_of(PolicyKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

float PolicySpace::amount(PolicyKind kind, float part, bool negative) const {
  const float sign = negative ? -1.0F : 1.0F;
  switch (kind) {
    case PolicyKind::shear_x:
    case PolicyKind::shear_y:
      return sign * shear * part;
    case PolicyKind::translate_x:
    case PolicyKind::translate_y:
      return sign * translate * part;
    case PolicyKind::rotate:
      return sign * rotate * part;
    case PolicyKind::brightness:
    case PolicyKind::color:
    case PolicyKind::contrast:
    case PolicyKind::sharpness:
      return sign * enhance * part;
    case PolicyKind::posterize:
      return bits - std::round(dropped_bits * part);
    case PolicyKind::solarize:
      return 1 - part;
    default:
      return 0;
  }
}

std::shared_ptr<const Effect> policy_effect(
    const PolicyReading& reading, std::size_t column,
    const std::optional<ChainLink>& link) {
  return std::make_shared<PolicyEffect>(reading, column, link);
}

std::string describe_policy(std::span<const float> row) {
  std::string text;
  for (std::size_t i = 0; i + 1 < row.size(); i += 2) {
    const auto kind =
        static_cast<PolicyKind>(static_cast<std::int32_t>(row[i]));
    text += concat(text.empty() ? "" : ", ", name_of(kind));
    if (has_amount(kind)) text += concat(" ", write(row[i + 1]));
  }
  return text;
}

}  // namespace lathe::augment
