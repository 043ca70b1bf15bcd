#pragma once

#include <filesystem>
#include <memory>

#include "train/callback.h"
#include "train/data/dataset.h"

namespace lathe::train {

/// After each epoch draws the losses and metrics so far into a file, such as
/// curves.png.
class CurvesPicture : public Callback {
 public:
  explicit CurvesPicture(std::filesystem::path file) : file_(std::move(file)) {}
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;

 private:
  std::filesystem::path file_;
};

/// After each epoch draws image, truth and prediction of some samples of a set
/// of masks into a file, such as samples.png.
class SamplesPicture : public Callback {
 public:
  SamplesPicture(std::filesystem::path file,
                 std::shared_ptr<const Dataset> data, std::int64_t samples = 6);
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;

 private:
  std::filesystem::path file_;
  std::shared_ptr<const Dataset> data_;
  std::int64_t samples_;
};

/// The class of each pixel (N, H, W, 1), uint8, from a model's output (N, H, W,
/// C): where C is 1, whether it is above the threshold.
Tensor classes_of(const Tensor& output, float threshold = 0.5F);

}  // namespace lathe::train
