#pragma once

#include "layers/layer.h"

namespace lathe::layers {

/// Rows above and below, columns left and right: `1`, `{1, 2}` for rows and
/// columns on both sides, or `{{top, bottom}, {left, right}}`.
struct Border {
  std::int64_t top = 0;
  std::int64_t bottom = 0;
  std::int64_t left = 0;
  std::int64_t right = 0;

  constexpr Border(std::int64_t all)
      : top(all), bottom(all), left(all), right(all) {}
  constexpr Border(std::int64_t rows, std::int64_t columns)
      : top(rows), bottom(rows), left(columns), right(columns) {}
  constexpr Border(Pair rows, Pair columns)
      : top(rows.height),
        bottom(rows.width),
        left(columns.height),
        right(columns.width) {}
};

struct ZeroPadding2DOptions {
  Border padding = 1;
  std::string name = {};
};

/// keras.layers.ZeroPadding2D.
class ZeroPadding2D : public Layer {
 public:
  explicit ZeroPadding2D(ZeroPadding2DOptions options = {});
  static Layer from_config(const nlohmann::json& config);
};

}  // namespace lathe::layers
