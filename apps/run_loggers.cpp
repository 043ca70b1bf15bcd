#include "apps/run_loggers.h"

#include "apps/report_samples.h"
#include "train/callbacks/csv_logger.h"
#include "train/callbacks/pictures.h"
#include "train/callbacks/profiler.h"
#include "train/callbacks/progress_bar.h"
#include "train/callbacks/tensor_board.h"

namespace lathe::apps {

bool of_masks(const TrainingData& data) {
  return data.shown()->target_spec().shape.rank() == 3;
}

std::shared_ptr<HtmlReport> add_loggers(
    std::vector<train::AnyCallback>& callbacks,
    const std::shared_ptr<train::ModelCheckpoint>& checkpoint,
    const TrainingData& data, const TrainingOptions& options,
    HtmlReportOptions report_options) {
  const std::filesystem::path& output = options.output;
  std::shared_ptr<train::SamplePredictions> predictions;
  if (of_masks(data)) {
    predictions = std::make_shared<train::SamplesPicture>(
        output / "samples.png", data.shown());
  } else {
    predictions = std::make_shared<train::SamplePredictions>(data.shown());
  }
  const auto samples =
      std::make_shared<ReportSamples>(predictions, report_options.class_names);
  callbacks.emplace_back(predictions);
  callbacks.emplace_back(samples);
  callbacks.emplace_back(checkpoint);
  callbacks.emplace_back(train::CSVLogger(output / "log.csv"));
  callbacks.emplace_back(train::StepsLogger(output / "steps.csv"));
  callbacks.emplace_back(train::CurvesPicture(output / "curves.png"));
  callbacks.emplace_back(train::ProgressBar());
  if (options.profile) {
    callbacks.emplace_back(train::Profiler(output / "trace.json"));
  }
  if (options.tensorboard) {
    callbacks.emplace_back(train::TensorBoard(
        output / "tensorboard",
        {.update_freq = 1,
         .write_steps_per_second = true,
         .text = options_markdown(report_options.run),
         .picture = [samples] { return samples->picture(); }}));
  }
  auto report =
      std::make_shared<HtmlReport>(std::move(report_options), samples);
  callbacks.emplace_back(report);
  return report;
}

}  // namespace lathe::apps
