#include <algorithm>
#include <cmath>

#include "apps/predictor.h"
#include "core/error.h"
#include "core/image/resize.h"
#include "core/image/write_image.h"
#include "train/callbacks/pictures.h"
#include "train/report/samples.h"

namespace lathe::apps {
namespace {

// Probabilities (H, W, 1) as grey levels.
Tensor to_bytes(const Tensor& output) {
  const Tensor bytes(output.shape(), DType::uint8);
  const float* value = output.data<float>();
  for (std::uint8_t& byte : bytes.values<std::uint8_t>()) {
    byte = static_cast<std::uint8_t>(
        std::lround(255 * std::clamp(*value++, 0.0F, 1.0F)));
  }
  return bytes;
}

// Masks of one class are written as 0 and 255, so that they can be looked at.
Tensor stretched(const Tensor& mask) {
  const Tensor result = mask.clone();
  for (std::uint8_t& value : result.values<std::uint8_t>()) {
    value = value != 0 ? 255 : 0;
  }
  return result;
}

class MaskPredictor final : public Predictor {
 public:
  explicit MaskPredictor(const PredictOptions& options, std::int64_t classes)
      : options_(options), classes_(classes) {
    if (options.probabilities && classes_ > 1) {
      fail("--probabilities is for models of one class; this has ", classes_);
    }
  }

  // Probabilities are enlarged smoothly and then cut at the threshold, classes
  // are enlarged as they are.
  void write(const std::filesystem::path& file, const Tensor& original,
             const Tensor& output) override {
    const Shape full{original.shape()[0], original.shape()[1], 1};
    const Tensor mask(full, DType::uint8);
    const std::string stem = file.stem().string();
    if (classes_ == 1) {
      const Tensor probabilities(full, DType::uint8);
      image::resize_bilinear(to_bytes(output), probabilities);
      const auto threshold = static_cast<float>(255 * options_.threshold);
      std::transform(probabilities.values<std::uint8_t>().begin(),
                     probabilities.values<std::uint8_t>().end(),
                     mask.data<std::uint8_t>(), [&](std::uint8_t value) {
                       return static_cast<float>(value) > threshold ? 1 : 0;
                     });
      if (options_.probabilities) {
        image::write_png(options_.output / (stem + "_probability.png"),
                         probabilities);
      }
    } else {
      image::resize_nearest(train::classes_of(output), mask);
    }
    image::write_png(options_.output / (stem + ".png"),
                     classes_ == 1 ? stretched(mask) : mask);
    if (options_.overlay) {
      image::write_png(options_.output / (stem + "_overlay.png"),
                       train::overlay(original, mask));
    }
    ++written_;
  }

  std::string summary() const override { return concat(written_, " masks"); }

 private:
  const PredictOptions& options_;
  std::int64_t classes_;
  std::int64_t written_ = 0;
};

}  // namespace

std::unique_ptr<Predictor> make_mask_predictor(const PredictOptions& options,
                                               const models::Model& model) {
  return std::make_unique<MaskPredictor>(options, model.output_shape().back());
}

}  // namespace lathe::apps
