#include "train/callbacks/pictures.h"

#include <algorithm>

#include "core/error.h"
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

SamplePredictions::SamplePredictions(std::shared_ptr<const Dataset> data,
                                     std::int64_t samples)
    : data_(std::move(data)), samples_(samples) {}

void SamplePredictions::read(std::int64_t samples) {
  const auto batched = [&](const TensorSpec& spec) {
    std::vector<std::int64_t> extents{samples};
    extents.insert(extents.end(), spec.shape.begin(), spec.shape.end());
    return Tensor(Shape(extents), spec.dtype);
  };
  const Tensor images = batched(data_->image_spec());
  const Tensor targets = batched(data_->target_spec());
  std::int64_t rows = 0;
  for (std::int64_t i = 0; i < samples; ++i) {
    const std::int64_t place = i * data_->size() / samples;
    try {
      data_->read(place,
                  images.rows(rows, 1).reshaped(data_->image_spec().shape),
                  targets.rows(rows, 1).reshaped(data_->target_spec().shape));
      names_.push_back(data_->name(place));
      ++rows;
    } catch (const Error&) {
      // Whoever trains or validates with it says so.
    }
  }
  images_ = images.rows(0, rows);
  targets_ = targets.rows(0, rows);
}

void SamplePredictions::on_epoch_end(Trainer& trainer, const EpochReport&) {
  if (images_.empty()) read(std::min(samples_, data_->size()));
  if (images_.shape()[0] == 0) return;
  output_ = trainer.model().predict(
      images_, {.batch_size = samples_, .device = trainer.options().device});
}

SamplesPicture::SamplesPicture(std::filesystem::path file,
                               std::shared_ptr<const Dataset> data,
                               std::int64_t samples)
    : SamplePredictions(std::move(data), samples), file_(std::move(file)) {}

void SamplesPicture::on_epoch_end(Trainer& trainer, const EpochReport& report) {
  SamplePredictions::on_epoch_end(trainer, report);
  if (output().empty()) return;
  const float threshold = from_logits(trainer.options().loss) ? 0.0F : 0.5F;
  image::write_png(
      file_, draw_samples(images(), targets(), classes_of(output(), threshold))
                 .image());
}

}  // namespace lathe::train
