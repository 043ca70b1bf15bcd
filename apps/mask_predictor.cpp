#include <algorithm>

#include "apps/mask_writer.h"
#include "apps/predictor.h"
#include "core/error.h"
#include "core/image/resize.h"
#include "train/callbacks/pictures.h"

namespace lathe::apps {
namespace {

class MaskPredictor final : public Predictor {
 public:
  MaskPredictor(const PredictOptions& options, MaskNames names,
                std::int64_t classes)
      : options_(options), names_(std::move(names)), classes_(classes) {}

  // Probabilities are enlarged smoothly and then cut at the threshold, classes
  // are enlarged as they are.
  void write(const std::filesystem::path& file, const Tensor& original,
             const Tensor& probabilities) override {
    const Shape full{original.shape()[0], original.shape()[1], 1};
    const Tensor mask(full, DType::uint8);
    Tensor levels;
    if (classes_ == 1) {
      levels = Tensor(full, DType::uint8);
      image::resize_bilinear(grey_levels(probabilities), levels);
      const auto threshold = static_cast<float>(255 * options_.threshold);
      std::ranges::transform(
          levels.values<std::uint8_t>(), mask.data<std::uint8_t>(),
          [&](std::uint8_t value) {
            return static_cast<float>(value) > threshold ? 1 : 0;
          });
    } else {
      image::resize_nearest(train::classes_of(probabilities), mask);
    }
    MaskWriter writer(options_, classes_, names_.of(file),
                      {.height = full[0], .width = full[1]});
    writer.write(original, mask, levels);
    writer.finish();
    ++written_;
  }

  std::string summary() const override { return concat(written_, " masks"); }

 private:
  const PredictOptions& options_;
  MaskNames names_;
  std::int64_t classes_;
  std::int64_t written_ = 0;
};

}  // namespace

std::unique_ptr<Predictor> make_mask_predictor(const PredictOptions& options,
                                               MaskNames names,
                                               const models::Model& model) {
  return std::make_unique<MaskPredictor>(options, std::move(names),
                                         model.output_shape().back());
}

}  // namespace lathe::apps
