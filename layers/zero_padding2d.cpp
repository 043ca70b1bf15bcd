#include "layers/zero_padding2d.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class ZeroPadding2DDefinition final : public Definition {
 public:
  explicit ZeroPadding2DDefinition(ZeroPadding2DOptions options)
      : Definition("ZeroPadding2D", options.name),
        options_(std::move(options)) {
    const Border& padding = options_.padding;
    if (std::min({padding.top, padding.bottom, padding.left, padding.right}) <
        0) {
      refuse("padding is ", json(config()["padding"]).dump(),
             "; it must be at least 0");
    }
  }

  json config() const override {
    const Border& padding = options_.padding;
    json config = base_config();
    config["padding"] = {{padding.top, padding.bottom},
                         {padding.left, padding.right}};
    config["data_format"] = "channels_last";
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& image = single_image(inputs);
    const Border& padding = options_.padding;
    return {image[0], image[1] + padding.top + padding.bottom,
            image[2] + padding.left + padding.right, image[3]};
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    const Border& padding = options_.padding;
    return lowering.graph().apply(
        graph::Pad{.before = {0, padding.top, padding.left, 0},
                   .after = {0, padding.bottom, padding.right, 0}},
        {inputs[0]}, name());
  }

 private:
  ZeroPadding2DOptions options_;
};

}  // namespace

ZeroPadding2D::ZeroPadding2D(ZeroPadding2DOptions options)
    : Layer(std::make_shared<ZeroPadding2DDefinition>(std::move(options))) {}

Layer ZeroPadding2D::from_config(const json& config) {
  ZeroPadding2DOptions options;
  ConfigReader read("ZeroPadding2D", config);
  read("name", options.name);
  read.require("data_format", "channels_last");
  const json& padding = read.raw("padding");
  if (padding.is_array() && padding.size() == 2 && padding[0].is_array()) {
    Pair rows;
    Pair columns;
    const json ends = {{"name", options.name},
                       {"padding rows", padding[0]},
                       {"padding columns", padding[1]}};
    ConfigReader read_ends("ZeroPadding2D", ends);
    read_ends("padding rows", rows);
    read_ends("padding columns", columns);
    options.padding = {rows, columns};
  } else {
    Pair both = 1;
    read("padding", both);
    options.padding = {both.height, both.width};
  }
  read.finish();
  return ZeroPadding2D(std::move(options));
}

}  // namespace lathe::layers
