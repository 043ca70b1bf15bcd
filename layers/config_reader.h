#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "layers/activation_function.h"
#include "layers/initializer.h"
#include "layers/window.h"

namespace lathe::layers {

/// Reads a layer's options from Keras' config: each call writes an option if
/// the config has it and leaves it as it is otherwise. Errors name the layer
/// and the option.
class ConfigReader {
 public:
  /// Throws Error unless the layer computes in float32.
  ConfigReader(std::string_view class_name, const nlohmann::json& config);

  void operator()(const std::string& key, std::int64_t& value);
  void operator()(const std::string& key, double& value);
  void operator()(const std::string& key, bool& value);
  void operator()(const std::string& key, std::string& value);
  void operator()(const std::string& key, Pair& value);
  void operator()(const std::string& key, std::optional<Pair>& value);
  void operator()(const std::string& key, std::optional<std::int64_t>& value);
  void operator()(const std::string& key, Padding& value);
  void operator()(const std::string& key, ActivationFunction& value);
  void operator()(const std::string& key, Initializer& value);
  /// null stands for -1.
  void operator()(const std::string& key, std::vector<std::int64_t>& value);
  /// A number is a vector of one.
  void operator()(const std::string& key, std::vector<double>& value);

  /// The value as it is; null if it is not there.
  const nlohmann::json& raw(const std::string& key);
  /// Throws Error unless the option is absent, null or this.
  void require(const std::string& key, const nlohmann::json& only);
  void ignore(const std::string& key) { read_.insert(key); }
  /// Throws Error for an option that is not null and that nobody read: what a
  /// layer doesn't know it must not leave out silently.
  void finish() const;

  /// Throws Error naming layer and option.
  [[noreturn]] void refuse(const std::string& key,
                           const std::string& expected) const;

 private:
  std::string class_name_;
  std::string layer_name_;
  const nlohmann::json& config_;
  std::set<std::string> read_;
};

}  // namespace lathe::layers
