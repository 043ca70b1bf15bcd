#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/sample_history.h"
#include "train/callbacks/pictures.h"

namespace lathe::apps {

/// The part of a run's report that shows what the model makes of some samples,
/// epoch after epoch: masks over the images, or classes with their
/// probabilities.
class ReportSamples : public train::Callback {
 public:
  /// `predictions` is a callback that is called before this is.
  ReportSamples(std::shared_ptr<const train::SamplePredictions> predictions,
                std::vector<std::string> class_names);

  void restore(std::string_view page, std::int64_t last_epoch) {
    history_.restore(page, last_epoch);
  }
  void on_epoch_end(train::Trainer& trainer,
                    const train::EpochReport& report) override;

  /// HTML; empty before the first epoch's end.
  std::string html() const;
  /// The samples of the last epoch alone, uint8 (H, W, 3), for those that show
  /// pictures only.
  Tensor picture() const;

 private:
  bool of_masks() const { return predictions_->targets().shape().rank() == 4; }
  std::string name_of(std::int32_t label) const;
  // The image in the table, and what is right.
  void begin_rows();

  std::shared_ptr<const train::SamplePredictions> predictions_;
  std::vector<std::string> class_names_;
  SampleHistory history_;
  std::vector<std::string> beginnings_;
  bool logits_ = false;
};

}  // namespace lathe::apps
