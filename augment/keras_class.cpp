#include "augment/keras_class.h"

#include <array>
#include <cmath>
#include <utility>

#include "augment/json.h"
#include "augment/options.h"

namespace lathe::augment {

namespace {

using nlohmann::json;
using Value = std::optional<json>;
using Text = std::optional<std::string>;
using Ends = std::pair<double, double>;

template <class T>
T in(const std::string& text) {
  T value = 0;
  read(text, value);
  return value;
}

/// As short as its text: 0.1 and not 0.10000000149.
json number(float value) {
  return option_json(write(value));
}
json pair(float low, float high) {
  return {number(low), number(high)};
}
Text text(double low, double high) {
  return option_text(json{low, high});
}

/// The ends of a range, which Keras takes in any order. A single number f is
/// from -f, or the least that the layer takes, to f.
std::optional<Ends> ends(const json& value, double least) {
  if (value.is_number()) {
    const double f = std::abs(value.get<double>());
    return Ends(std::max(-f, least), f);
  }
  if (!value.is_array() || value.size() != 2 || !value[0].is_number() ||
      !value[1].is_number()) {
    return {};
  }
  return std::minmax<double>({value[0].get<double>(), value[1].get<double>()});
}

Value as_it_is(const std::string& text, const ValueRange&) {
  return option_json(text);
}

template <class T>
Value as_pair(const std::string& text, const ValueRange&) {
  const auto range = in<T>(text);
  return pair(range.low, range.high);
}

template <int kLeast>
Text as_range(const json& value, const ValueRange&) {
  const auto range = ends(value, kLeast);
  if (!range) return {};
  return text(range->first, range->second);
}

/// A range that is one number.
Text as_point(const json& value, const ValueRange&) {
  const auto range = ends(value, 0);
  if (!range || range->first != range->second) return {};
  return text(range->first, range->second);
}

/// A number, a word, or a range, one like the other.
constexpr Translation kPlain{
    as_it_is, [](const json& value, const ValueRange& range) -> Text {
      return value.is_array() ? as_range<0>(value, range) : option_text(value);
    }};

constexpr Translation kFillMode{
    [](const std::string& text, const ValueRange& range) -> Value {
      return text == "mirror" ? Value() : as_it_is(text, range);
    },
    kPlain.from_keras};

constexpr Translation kInterpolation{
    [](const std::string& text, const ValueRange& range) -> Value {
      return text == "bicubic" ? Value() : as_it_is(text, range);
    },
    kPlain.from_keras};

/// Keras' is in the image's units.
constexpr Translation kFillValue{
    [](const std::string& text, const ValueRange& range) -> Value {
      return range.low + in<float>(text) * (range.high - range.low);
    },
    [](const json& value, const ValueRange& range) -> Text {
      if (!value.is_number()) return {};
      return write((value.get<float>() - range.low) / (range.high - range.low));
    },
    "it takes a number"};

/// From -f to f where it is one number.
constexpr Translation kFactor{as_pair<Factor>, as_range<-1>};

/// From 0 to f where it is one number.
constexpr Translation kPart{as_pair<Range>, as_range<0>};

/// The same but that Keras takes one number as from -f to f.
constexpr Translation kDegeneration{as_pair<Range>, as_range<-1>};

constexpr Translation kContrast{
    [](const std::string& text, const ValueRange&) -> Value {
      const auto factor = in<Factor>(text);
      if (-factor.low > factor.high) return {};
      return pair(-factor.low, factor.high);
    },
    [](const json& value, const ValueRange&) -> Text {
      const auto range = ends(value, 0);
      if (!range) return {};
      return text(-range->first, range->second);
    },
    "it is told how far down and how far up, the smaller one first"};

/// Keras draws a sign, and half a turn times a number of at least 0.
constexpr Translation kTurns{
    [](const std::string& text, const ValueRange&) -> Value {
      const auto turns = in<Factor>(text);
      if (turns.low != -turns.high) return {};
      return pair(0, 2 * turns.high);
    },
    [](const json& value, const ValueRange&) -> Text {
      const auto range = ends(value, 0);
      if (!range || range->first != 0) return {};
      return text(-range->second / 2, range->second / 2);
    },
    "it turns from nothing on, either way alike"};

/// Keras draws from -f to f for one number, which it writes as a pair that it
/// doesn't read, and one sign for both slopes for a pair.
constexpr Translation kSlope{
    [](const std::string& text, const ValueRange&) -> Value {
      const auto slope = in<Factor>(text);
      if (slope.low != -slope.high) return {};
      return number(slope.high);
    },
    [](const json& value, const ValueRange&) -> Text {
      const auto range = ends(value, -1);
      if (!range || range->first != -range->second) return {};
      return text(range->first, range->second);
    },
    "of a pair it draws one sign for both slopes"};

/// Keras draws how likely it is, and so means the middle of a range.
constexpr Translation kChance{
    [](const std::string& text, const ValueRange&) -> Value {
      return json{option_json(text), option_json(text)};
    },
    [](const json& value, const ValueRange&) -> Text {
      const auto range = ends(value, 0);
      if (!range) return {};
      return write(static_cast<float>((range->first + range->second) / 2));
    }};

/// Keras leaves out the end of a range.
constexpr Translation kBits{
    [](const std::string& text, const ValueRange&) -> Value {
      const auto bits = in<Range>(text);
      if (std::floor(bits.low) != bits.low ||
          std::floor(bits.high) != bits.high) {
        return {};
      }
      return pair(bits.low, bits.high + (bits.low == bits.high ? 0.0F : 1.0F));
    },
    [](const json& value, const ValueRange&) -> Text {
      const auto range = ends(value, 1);
      if (!range || std::floor(range->first) != range->first ||
          std::floor(range->second) != range->second) {
        return {};
      }
      const bool one = range->first == range->second;
      return text(range->first, range->second - (one ? 0 : 1));
    },
    "it takes whole numbers"};

/// Keras draws from the lower end itself to 255 times the upper one.
constexpr Translation kThreshold{
    [](const std::string& text, const ValueRange&) -> Value {
      const auto threshold = in<Range>(text);
      if (threshold.low != 0) return {};
      return pair(0, threshold.high);
    },
    [](const json& value, const ValueRange&) -> Text {
      const auto range = ends(value, 0);
      if (!range || range->first != 0) return {};
      return text(0, range->second);
    },
    "its thresholds begin at 0"};

/// Keras draws one for the batch, so that it must be a single number.
constexpr Translation kSigma{
    [](const std::string& text, const ValueRange&) -> Value {
      const auto sigma = in<Range>(text);
      if (sigma.low != sigma.high || sigma.high > 1) return {};
      return pair(sigma.low, sigma.high);
    },
    as_point, "it draws one for the whole batch, of at most 1"};

/// Height and width, which are alike here.
constexpr Translation kKernelSize{
    [](const std::string& text, const ValueRange&) -> Value {
      const auto size = in<Range>(text);
      if (size.low != size.high) return {};
      return pair(size.low, size.high);
    },
    [](const json& value, const ValueRange& range) -> Text {
      return value.is_number() ? option_text(value) : as_point(value, range);
    },
    "it is of one size, as high as wide"};

/// Keras multiplies by f / (1 - f), which is not uniform.
constexpr Translation kNever{
    [](const std::string&, const ValueRange&) -> Value { return {}; },
    [](const json&, const ValueRange&) -> Text { return {}; },
    "its saturation is drawn from another distribution"};

/// Of one of several: null where it is left out.
template <const Translation& kOne>
constexpr Translation kOrNull{
    [](const std::string& text, const ValueRange& range) -> Value {
      return text == "0" ? Value(json()) : kOne.to_keras(text, range);
    },
    kOne.from_keras, kOne.limit};

/// Whether there is no value to fill with.
constexpr Translation kNoise{
    [](const std::string& text, const ValueRange&) -> Value {
      return text == "true" ? json() : json(json::value_t::discarded);
    },
    [](const json& value, const ValueRange&) -> Text {
      return value.is_null() ? "true" : "false";
    },
    {},
    true};

constexpr std::array kBrightnessOptions{
    KerasOption{"factor", "factor", &kFactor}};
constexpr std::array kColorDegenerationOptions{
    KerasOption{"factor", "factor", &kDegeneration},
    KerasOption{.option = "p", .only = "1"}};
constexpr std::array kColorJitterOptions{
    KerasOption{"brightness", "brightness_factor", &kOrNull<kFactor>},
    KerasOption{"contrast", "contrast_factor", &kOrNull<kContrast>},
    KerasOption{"saturation", "saturation_factor", &kOrNull<kNever>},
    KerasOption{"hue", "hue_factor", &kOrNull<kTurns>},
    KerasOption{.option = "random_order", .only = "false"}};
constexpr std::array kContrastOptions{
    KerasOption{"factor", "factor", &kContrast}};
constexpr std::array kErasingOptions{
    KerasOption{"p", "factor", &kChance}, KerasOption{"scale", "scale", &kPart},
    KerasOption{"fill_value", "fill_value", &kFillValue},
    KerasOption{"noise", "fill_value", &kNoise},
    KerasOption{.option = "masks", .only = "false"}};
constexpr std::array kFlipOptions{
    KerasOption{"mode", "mode", &kPlain},
    KerasOption{.option = "shared_bit", .only = "false"}};
constexpr std::array kGaussianBlurOptions{
    KerasOption{"p", "factor", &kChance},
    KerasOption{"kernel_size", "kernel_size", &kKernelSize},
    KerasOption{"sigma", "sigma", &kSigma},
    KerasOption{.option = "fill_mode", .only = "constant"}};
constexpr std::array kGrayscaleOptions{KerasOption{"p", "factor", &kPlain}};
constexpr std::array kHueOptions{KerasOption{"factor", "factor", &kTurns}};
constexpr std::array kInvertOptions{KerasOption{"p", "factor", &kChance}};
constexpr std::array kPosterizationOptions{
    KerasOption{"bits", "factor", &kBits},
    KerasOption{.option = "p", .only = "1"}};
constexpr std::array kRotationOptions{
    KerasOption{"factor", "factor", &kFactor},
    KerasOption{"fill_mode", "fill_mode", &kFillMode},
    KerasOption{"interpolation", "interpolation", &kInterpolation},
    KerasOption{"fill_value", "fill_value", &kFillValue}};
constexpr std::array kSharpnessOptions{
    KerasOption{"factor", "factor", &kPart},
    KerasOption{.option = "fill_mode", .only = "constant"},
    KerasOption{.option = "p", .only = "1"}};
constexpr std::array kShearOptions{
    KerasOption{"x_factor", "x_factor", &kSlope},
    KerasOption{"y_factor", "y_factor", &kSlope},
    KerasOption{"fill_mode", "fill_mode", &kFillMode},
    KerasOption{"interpolation", "interpolation", &kInterpolation},
    KerasOption{"fill_value", "fill_value", &kFillValue}};
constexpr std::array kSolarizationOptions{
    KerasOption{"threshold", "threshold_factor", &kThreshold},
    KerasOption{.key = "addition_factor", .only = "0:0"},
    KerasOption{.option = "p", .only = "1"}};
// Of translations and zooms.
constexpr std::array kExtentOptions{
    KerasOption{"height_factor", "height_factor", &kPlain},
    KerasOption{"width_factor", "width_factor", &kPlain},
    KerasOption{"fill_mode", "fill_mode", &kFillMode},
    KerasOption{"interpolation", "interpolation", &kInterpolation},
    KerasOption{"fill_value", "fill_value", &kFillValue}};

constexpr std::array kClasses{
    KerasClass{"RandomBrightness", "brightness", kBrightnessOptions, true},
    KerasClass{"RandomColorDegeneration", "color_degeneration",
               kColorDegenerationOptions, true},
    KerasClass{"RandomColorJitter", "color_jitter", kColorJitterOptions, true},
    KerasClass{"RandomContrast", "contrast", kContrastOptions, true},
    KerasClass{"RandomErasing", "erasing", kErasingOptions, true, true},
    KerasClass{"RandomFlip", "flip", kFlipOptions},
    KerasClass{"RandomGaussianBlur", "gaussian_blur", kGaussianBlurOptions,
               true, true},
    KerasClass{"RandomGrayscale", "grayscale", kGrayscaleOptions, false, true},
    KerasClass{"RandomHue", "hue", kHueOptions, true},
    KerasClass{"RandomInvert", "invert", kInvertOptions, true, true},
    KerasClass{"RandomPosterization", "posterize", kPosterizationOptions, true},
    KerasClass{"RandomRotation", "rotation", kRotationOptions},
    KerasClass{"RandomSharpness", "sharpness", kSharpnessOptions, true, true},
    KerasClass{"RandomShear", "shear", kShearOptions},
    KerasClass{"RandomTranslation", "translation", kExtentOptions},
    KerasClass{"RandomZoom", "zoom", kExtentOptions},
    KerasClass{"Solarization", "solarize", kSolarizationOptions, true},
};

}  // namespace

std::span<const KerasClass> keras_classes() {
  return kClasses;
}

}  // namespace lathe::augment
