#include "layers/initializer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/philox.h"

namespace lathe::layers {
namespace {

using nlohmann::json;
using Seed = std::optional<std::int64_t>;

constexpr std::array kInitializerNames = {
    "Zeros",           "Ones",          "Constant",
    "RandomUniform",   "RandomNormal",  "TruncatedNormal",
    "VarianceScaling", "GlorotUniform", "GlorotNormal",
    "HeUniform",       "HeNormal",      "LecunUniform",
    "LecunNormal"};
static_assert(kInitializerNames.size() == std::variant_size_v<Initializer>);

constexpr std::array kModes = {"fan_in", "fan_out", "fan_avg"};
constexpr std::array kDistributions = {"truncated_normal", "untruncated_normal",
                                       "uniform"};

// The standard deviation of a standard normal cut off at two.
constexpr double kTruncatedDeviation = 0.87962566103423978;

VarianceScaling scaling(const VarianceScaling& given) {
  return given;
}
VarianceScaling scaling(const GlorotUniform& given) {
  return {1, FanMode::fan_avg, Distribution::uniform, given.seed};
}
VarianceScaling scaling(const GlorotNormal& given) {
  return {1, FanMode::fan_avg, Distribution::truncated_normal, given.seed};
}
VarianceScaling scaling(const HeUniform& given) {
  return {2, FanMode::fan_in, Distribution::uniform, given.seed};
}
VarianceScaling scaling(const HeNormal& given) {
  return {2, FanMode::fan_in, Distribution::truncated_normal, given.seed};
}
VarianceScaling scaling(const LecunUniform& given) {
  return {1, FanMode::fan_in, Distribution::uniform, given.seed};
}
VarianceScaling scaling(const LecunNormal& given) {
  return {1, FanMode::fan_in, Distribution::truncated_normal, given.seed};
}

// Writes one kind of numbers into a tensor.
class Filler {
 public:
  Filler(const Tensor& tensor, std::uint64_t seed, std::uint32_t weight_index)
      : shape_(tensor.shape()),
        values_(tensor.values<float>()),
        key_{.seed = seed,
             .sample = weight_index,
             .operation = RandomStream::initializer} {}

  void operator()(const Zeros&) { fill(0); }
  void operator()(const Ones&) { fill(1); }
  void operator()(const Constant& given) { fill(given.value); }
  void operator()(const RandomUniform& given) {
    uniform(given.minval, given.maxval, given.seed);
  }
  void operator()(const RandomNormal& given) {
    normal(given.mean, given.stddev, false, given.seed);
  }
  void operator()(const TruncatedNormal& given) {
    normal(given.mean, given.stddev, true, given.seed);
  }
  template <class Preset>
  void operator()(const Preset& given) {
    const VarianceScaling by = scaling(given);
    const Fans fans = fans_of(shape_);
    double fan = 0;
    switch (by.mode) {
      case FanMode::fan_in:
        fan = static_cast<double>(fans.in);
        break;
      case FanMode::fan_out:
        fan = static_cast<double>(fans.out);
        break;
      case FanMode::fan_avg:
        fan = static_cast<double>(fans.in + fans.out) / 2;
        break;
    }
    const double variance = by.scale / std::max(1.0, fan);
    switch (by.distribution) {
      case Distribution::uniform: {
        const double limit = std::sqrt(3 * variance);
        return uniform(-limit, limit, by.seed);
      }
      case Distribution::untruncated_normal:
        return normal(0, std::sqrt(variance), false, by.seed);
      case Distribution::truncated_normal:
        return normal(0, std::sqrt(variance) / kTruncatedDeviation, true,
                      by.seed);
    }
  }

 private:
  void fill(double value) {
    std::fill(values_.begin(), values_.end(), static_cast<float>(value));
  }
  void uniform(double low, double high, Seed seed) {
    Philox random = generator(seed);
    for (float& value : values_) {
      value = random.uniform(static_cast<float>(low), static_cast<float>(high));
    }
  }
  void normal(double mean, double deviation, bool truncated, Seed seed) {
    Philox random = generator(seed);
    for (float& value : values_) {
      float drawn = random.normal();
      while (truncated && std::abs(drawn) > 2) drawn = random.normal();
      value = static_cast<float>(mean + deviation * drawn);
    }
  }
  Philox generator(Seed seed) const {
    RandomKey key = key_;
    if (seed) key.seed = static_cast<std::uint64_t>(*seed);
    return Philox(key);
  }

  Shape shape_;
  std::span<float> values_;
  RandomKey key_;
};

json seed_config(Seed seed) {
  return seed ? json(*seed) : json(nullptr);
}

// The options of each kind as Keras writes them.
json options_of(const Zeros&) {
  return json::object();
}
json options_of(const Ones&) {
  return json::object();
}
json options_of(const Constant& given) {
  return {{"value", given.value}};
}
json options_of(const RandomUniform& given) {
  return {{"seed", seed_config(given.seed)},
          {"minval", given.minval},
          {"maxval", given.maxval}};
}
template <class Normal>
json normal_options(const Normal& given) {
  return {{"seed", seed_config(given.seed)},
          {"mean", given.mean},
          {"stddev", given.stddev}};
}
json options_of(const RandomNormal& given) {
  return normal_options(given);
}
json options_of(const TruncatedNormal& given) {
  return normal_options(given);
}
json options_of(const VarianceScaling& given) {
  return {{"seed", seed_config(given.seed)},
          {"scale", given.scale},
          {"mode", kModes.at(static_cast<std::size_t>(given.mode))},
          {"distribution",
           kDistributions.at(static_cast<std::size_t>(given.distribution))},
          {"input_axes", nullptr},
          {"output_axes", nullptr}};
}
template <class Preset>
json options_of(const Preset& given) {
  return {{"seed", seed_config(given.seed)},
          {"input_axes", nullptr},
          {"output_axes", nullptr}};
}

// The place of a text in a list; throws Error listing what there is.
template <class Names>
std::size_t place_of(const std::string& text, const Names& names,
                     std::string_view what) {
  std::string known;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text == names[i]) return i;
    known += concat(known.empty() ? "" : ", ", names[i]);
  }
  fail(what, " '", text, "' is not known; there are ", known);
}

// Reads the entries that a kind has; what is left over is refused.
class OptionReader {
 public:
  OptionReader(const std::string& name, json options)
      : name_(name), options_(std::move(options)) {}

  void operator()(const char* key, double& value) {
    const json given = take(key);
    if (given.is_number()) value = given.get<double>();
  }
  void operator()(const char* key, Seed& value) {
    const json given = take(key);
    if (given.is_number_integer()) value = given.get<std::int64_t>();
  }
  template <class Enum, class Names>
  void operator()(const char* key, Enum& value, const Names& names) {
    const json given = take(key);
    if (given.is_string()) {
      value = static_cast<Enum>(
          place_of(given.get<std::string>(), names, concat(name_, ' ', key)));
    }
  }
  void finish() const {
    for (const auto& [key, value] : options_.items()) {
      if (value.is_null()) continue;
      fail("initializer ", name_, ": the option ", key, " = ", value.dump(),
           " is not supported");
    }
  }

 private:
  json take(const char* key) {
    json value;
    if (options_.contains(key)) {
      value = options_[key];
      options_.erase(key);
    }
    return value;
  }

  std::string name_;
  json options_;
};

void read(OptionReader&, Zeros&) {}
void read(OptionReader&, Ones&) {}
void read(OptionReader& option, Constant& to) {
  option("value", to.value);
}
void read(OptionReader& option, RandomUniform& to) {
  option("minval", to.minval);
  option("maxval", to.maxval);
  option("seed", to.seed);
}
template <class Normal>
void read_normal(OptionReader& option, Normal& to) {
  option("mean", to.mean);
  option("stddev", to.stddev);
  option("seed", to.seed);
}
void read(OptionReader& option, RandomNormal& to) {
  read_normal(option, to);
}
void read(OptionReader& option, TruncatedNormal& to) {
  read_normal(option, to);
}
void read(OptionReader& option, VarianceScaling& to) {
  option("scale", to.scale);
  option("mode", to.mode, kModes);
  option("distribution", to.distribution, kDistributions);
  option("seed", to.seed);
}
template <class Preset>
void read(OptionReader& option, Preset& to) {
  option("seed", to.seed);
}

template <std::size_t I = 0>
Initializer default_of(std::size_t kind) {
  if constexpr (I + 1 < std::variant_size_v<Initializer>) {
    if (kind != I) return default_of<I + 1>(kind);
  }
  return std::variant_alternative_t<I, Initializer>{};
}

}  // namespace

Fans fans_of(const Shape& shape) {
  const std::size_t rank = shape.rank();
  if (rank == 0) return {};
  if (rank == 1) return {.in = shape[0], .out = shape[0]};
  std::int64_t field = 1;
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) field *= shape[axis];
  return {.in = field * shape[rank - 2], .out = field * shape[rank - 1]};
}

void initialize(const Tensor& tensor, const Initializer& initializer,
                std::uint64_t seed, std::uint32_t weight_index) {
  if (tensor.dtype() != DType::float32) {
    if (!std::holds_alternative<Zeros>(initializer)) {
      fail("initializer ", kInitializerNames[initializer.index()],
           ": a tensor of ", tensor.spec(), "; only float32 can be drawn");
    }
    tensor.copy_from(Tensor(tensor.shape(), tensor.dtype()));
    return;
  }
  std::visit(Filler(tensor, seed, weight_index), initializer);
}

json initializer_config(const Initializer& initializer) {
  return {
      {"module", "keras.initializers"},
      {"class_name", kInitializerNames.at(initializer.index())},
      {"config", std::visit([](const auto& given) { return options_of(given); },
                            initializer)},
      {"registered_name", nullptr}};
}

Initializer initializer_from_config(const json& config) {
  if (!config.is_object() || !config.contains("class_name")) {
    fail("an initializer is ", config.dump(),
         "; it should be an object with class_name and config");
  }
  const auto name = config.at("class_name").get<std::string>();
  Initializer initializer =
      default_of(place_of(name, kInitializerNames, "initializer"));
  OptionReader option(name, config.value("config", json::object()));
  std::visit([&](auto& given) { read(option, given); }, initializer);
  option.finish();
  return initializer;
}

}  // namespace lathe::layers
