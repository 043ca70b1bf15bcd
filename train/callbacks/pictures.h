#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

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

/// After each epoch predicts some samples of a set, spread evenly over it, for
/// those that show them. Samples that can't be read are left out.
class SamplePredictions : public Callback {
 public:
  /// So many samples of `data`, or all where there are fewer.
  explicit SamplePredictions(std::shared_ptr<const Dataset> data,
                             std::int64_t samples = 6);
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;

  /// As the set has them, (N, H, W, C) and (N, ...); empty before the first
  /// epoch's end.
  const Tensor& images() const { return images_; }
  /// What is right for them.
  const Tensor& targets() const { return targets_; }
  /// What the model made of them in the last epoch.
  const Tensor& output() const { return output_; }
  /// What the samples are called.
  const std::vector<std::string>& names() const { return names_; }

 private:
  void read(std::int64_t samples);

  std::shared_ptr<const Dataset> data_;
  std::int64_t samples_;
  std::vector<std::string> names_;
  Tensor images_;
  Tensor targets_;
  Tensor output_;
};

/// Also draws image, truth and prediction of samples of a set of masks into a
/// file, such as samples.png.
class SamplesPicture : public SamplePredictions {
 public:
  SamplesPicture(std::filesystem::path file,
                 std::shared_ptr<const Dataset> data, std::int64_t samples = 6);
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;

 private:
  std::filesystem::path file_;
};

/// The class of each pixel (N, H, W, 1), uint8, from a model's output (N, H, W,
/// C): where C is 1, whether it is above the threshold.
Tensor classes_of(const Tensor& output, float threshold = 0.5F);

}  // namespace lathe::train
