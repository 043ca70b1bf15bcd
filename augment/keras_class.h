#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/augmentation/color.h"

namespace lathe::augment {

/// How an option's text becomes a value of Keras' config and back. Each gives
/// nothing where the one can't say what the other does.
struct Translation {
  std::optional<nlohmann::json> (*to_keras)(const std::string& text,
                                            const ValueRange& range);
  std::optional<std::string> (*from_keras)(const nlohmann::json& value,
                                           const ValueRange& range);
  /// What Keras can't say, in errors; may be empty.
  std::string_view limit = {};
  /// Whether null says something else than nothing.
  bool null_counts = false;
};

/// An option of an operation under Keras' key. Without a translation it is
/// `only` this text, and without a key Keras has no such option.
struct KerasOption {
  std::string_view option;
  std::string_view key = {};
  const Translation* translation = nullptr;
  std::string_view only = {};
};

/// A Keras layer, and the operation that it is.
struct KerasClass {
  std::string_view name;
  std::string_view operation;
  std::span<const KerasOption> options;
  /// Whether the config has a value_range.
  bool value_range = false;
  /// Whether what it does is the operation's only where black is 0.
  bool black_is_zero = false;
};

/// Every operation that Keras 3.15.1 has a layer for that draws alike.
std::span<const KerasClass> keras_classes();

}  // namespace lathe::augment
