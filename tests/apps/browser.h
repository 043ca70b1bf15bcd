#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/tensor.h"

namespace lathe::testing {

/// Chromium, without a window: Debian's chromium-headless-shell, or what else
/// is there under one of its names.
class Browser {
 public:
  struct View {
    int width = 1200;
    int height = 900;
    bool dark = false;
  };

  /// Looks for one; present() says whether it was found.
  Browser();
  bool present() const { return !program_.empty(); }

  /// What report_facts.js finds out in a page, in a copy of it with that script
  /// in it. Nothing where the browser ended without an answer.
  nlohmann::json facts(const std::filesystem::path& page, View view) const;
  /// The page as it is, uint8 (H, W, 3).
  Tensor screenshot(const std::filesystem::path& page, View view) const;

 private:
  std::string run(const std::string& options, const std::filesystem::path& page,
                  View view) const;

  std::string program_;
};

}  // namespace lathe::testing
