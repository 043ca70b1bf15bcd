#include "train/callbacks/pictures.h"

#include <algorithm>

#include "core/image/write_image.h"
#include "train/report/curves.h"
#include "train/report/samples.h"
#include "train/trainer.h"

namespace lathe::train {

Tensor classes_of(const Tensor& output, float threshold) {
  Shape shape = output.shape();
  const std::int64_t channels = shape.back();
  shape[shape.rank() - 1] = 1;
  const Tensor classes(shape, DType::uint8);
  const float* row = output.data<float>();
  for (std::uint8_t& value : classes.values<std::uint8_t>()) {
    value = channels == 1 ? (row[0] > threshold ? 1 : 0)
                          : static_cast<std::uint8_t>(
                                std::max_element(row, row + channels) - row);
    row += channels;
  }
  return classes;
}

void CurvesPicture::on_epoch_end(Trainer& trainer, const EpochReport&) {
  image::write_png(file_, draw_curves(trainer.position().history).image());
}

SamplesPicture::SamplesPicture(std::filesystem::path file,
                               std::shared_ptr<const Dataset> data,
                               std::int64_t samples)
    : file_(std::move(file)), data_(std::move(data)), samples_(samples) {}

void SamplesPicture::on_epoch_end(Trainer& trainer, const EpochReport&) {
  const std::int64_t count = std::min(samples_, data_->size());
  const auto batched = [&](TensorSpec spec) {
    const Shape& shape = spec.shape;
    return Tensor({count, shape[0], shape[1], shape[2]}, spec.dtype);
  };
  const Tensor images = batched(data_->image_spec());
  const Tensor masks = batched(data_->target_spec());
  for (std::int64_t i = 0; i < count; ++i) {
    data_->read(i * data_->size() / count,
                images.rows(i, 1).reshaped(data_->image_spec().shape),
                masks.rows(i, 1).reshaped(data_->target_spec().shape));
  }
  const float threshold = from_logits(trainer.options().loss) ? 0.0F : 0.5F;
  const Tensor output = trainer.model().predict(
      images, {.batch_size = count, .device = trainer.options().device});
  image::write_png(
      file_,
      draw_samples(images, masks, classes_of(output, threshold)).image());
}

}  // namespace lathe::train
