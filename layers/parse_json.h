#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "core/error.h"

namespace lathe::layers {

/// The JSON of a text. Throws Error saying where it is none, or where it is
/// nested over 500 deep, which whoever follows it down has no stack for.
template <class Json = nlohmann::json>
Json parse_json(std::string_view text) {
  static constexpr int kDeepest = 500;
  const auto bounded = [](int depth, typename Json::parse_event_t, Json&) {
    if (depth > kDeepest) {
      fail("its objects and lists lie over ", kDeepest, " deep in each other");
    }
    return true;
  };
  try {
    return Json::parse(text, bounded);
  } catch (const typename Json::exception& error) {
    fail("is no JSON: ", error.what());
  }
}

}  // namespace lathe::layers
