#include "layers/up_sampling2d.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "layers/config_reader.h"

namespace lathe::layers {
namespace {

using nlohmann::json;

class UpSampling2DDefinition final : public Definition {
 public:
  explicit UpSampling2DDefinition(UpSampling2DOptions options)
      : Definition("UpSampling2D", options.name), options_(std::move(options)) {
    if (std::min(options_.size.height, options_.size.width) < 1) {
      refuse("size is ", options_.size, "; it must be at least 1");
    }
  }

  json config() const override {
    json config = base_config();
    config.update({{"size", options_.size},
                   {"data_format", "channels_last"},
                   {"interpolation", is_bilinear() ? "bilinear" : "nearest"}});
    return config;
  }

  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Shape& image = single_image(inputs);
    return {image[0], image[1] * options_.size.height,
            image[2] * options_.size.width, image[3]};
  }

  graph::ValueId lower(
      Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    return lowering.graph().apply(
        graph::UpSampling{.factor = options_.size,
                          .kind = is_bilinear()
                                      ? graph::UpSamplingKind::bilinear
                                      : graph::UpSamplingKind::nearest},
        {inputs[0]}, name());
  }

 private:
  bool is_bilinear() const {
    return options_.interpolation == Interpolation::bilinear;
  }

  UpSampling2DOptions options_;
};

}  // namespace

UpSampling2D::UpSampling2D(UpSampling2DOptions options)
    : Layer(std::make_shared<UpSampling2DDefinition>(std::move(options))) {}

Layer UpSampling2D::from_config(const json& config) {
  UpSampling2DOptions options;
  std::string interpolation = "nearest";
  ConfigReader read("UpSampling2D", config);
  read("name", options.name);
  read("size", options.size);
  read("interpolation", interpolation);
  read.require("data_format", "channels_last");
  read.finish();
  if (interpolation == "bilinear") {
    options.interpolation = Interpolation::bilinear;
  } else if (interpolation != "nearest") {
    read.refuse("interpolation", "nearest or bilinear");
  }
  return UpSampling2D(std::move(options));
}

}  // namespace lathe::layers
