#include <cstdio>
#include <iostream>

#include "apps/classifier_data.h"
#include "apps/classifier_model.h"
#include "apps/classifier_options.h"
#include "apps/classifier_report.h"
#include "apps/exit_code.h"
#include "apps/model_output.h"
#include "apps/processes.h"
#include "apps/training_run.h"
#include "core/parallel.h"
#include "train/callbacks/fine_tune.h"
#include "train/data/labels.h"

namespace lathe::apps {
namespace {

int run(const ClassifierOptions& o) {
  if (o.threads > 0) set_thread_count(o.threads);
  train::TrainerOptions options = o.trainer_options();
  options.metrics = {"accuracy", "top_5_accuracy"};
  const augment::Pipeline augmentation = pipeline_of(o);
  const ClassifierData data = open_data(o);
  models::Model model = make_classifier(o, augmentation, data.class_names);
  options.loss = train::SparseCategoricalCrossentropy{
      .from_logits = gives_logits(model), .label_smoothing = o.label_smoothing};
  take_weights(model, o);
  freeze(model, o);
  if (o.summary) {
    std::cout << model.summary();
    return ExitCode::done;
  }
  std::printf("%s\n", data.report.c_str());
  if (o.class_weights == "balanced") {
    options.class_weights = train::balanced_class_weights(
        train::labels_of(*data.train),
        static_cast<std::int64_t>(data.class_names.size()));
  }
  const auto trainer = make_trainer(model, augmentation, o, options);
  if (!o.weights.empty()) trainer->keep_statistics();
  restore(*trainer, o);
  std::vector<train::AnyCallback> callbacks;
  if (o.fine_tune_at > 0) {
    callbacks.emplace_back(train::FineTune({.epoch = o.fine_tune_at}));
  }
  return train_and_log(
      *trainer, data, augmentation, o, std::move(callbacks), [&] {
        ClassScores scores =
            report_on(trainer->model(), *data.shown(), o.output,
                      {.batch_size = o.batch,
                       .device = options.device,
                       // Reported when training met them.
                       .on_bad_sample = [](const std::string&) {}});
        return ClassResults{.counts = std::move(scores.counts),
                            .pictures = {o.output / "mistakes.png"}};
      });
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  return run_together([&] {
    ClassifierOptions options;
    if (const auto code = parse(count, arguments, options)) return *code;
    return run(options);
  });
}
