#pragma once

#include <filesystem>
#include <memory>

#include "train/callback.h"
#include "train/data/dataset.h"

namespace lathe::train {

/// After each epoch draws curves.png, and samples.png from the first samples
/// of a data set, into a folder.
class Pictures : public Callback {
 public:
  Pictures(std::filesystem::path folder, std::shared_ptr<const Dataset> data,
           std::int64_t samples = 6);
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;

 private:
  std::filesystem::path folder_;
  std::shared_ptr<const Dataset> data_;
  std::int64_t samples_;
};

/// The class of each pixel (N, H, W, 1), uint8, from a model's output (N, H, W,
/// C): where C is 1, whether it is above the threshold.
Tensor classes_of(const Tensor& output, float threshold = 0.5F);

}  // namespace lathe::train
