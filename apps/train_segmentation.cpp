#include <cstdio>
#include <iostream>

#include "apps/class_weights.h"
#include "apps/exit_code.h"
#include "apps/mask_report.h"
#include "apps/model_output.h"
#include "apps/processes.h"
#include "apps/segmentation_data.h"
#include "apps/segmentation_options.h"
#include "apps/training_run.h"
#include "core/error.h"
#include "core/image/write_image.h"
#include "core/parallel.h"
#include "models/unet.h"
#include "train/data/mask_colors.h"

namespace lathe::apps {
namespace {

namespace fs = std::filesystem;

// Pictures for `predict` to be tried on, where the data is generated.
void export_scenes(const train::Dataset& data, const fs::path& folder) {
  const Tensor image(data.image_spec().shape, DType::uint8);
  const Tensor mask(data.target_spec().shape, DType::uint8);
  fs::create_directories(folder);
  for (std::int64_t i = 0; i < std::min<std::int64_t>(8, data.size()); ++i) {
    data.read(i, image, mask);
    image::write_png(folder / concat("scene_", i, ".png"), image);
  }
}

// What evaluate would say of what the run validates with.
ClassResults report(const models::Model& model, const TrainingData& data,
                    const SegmentationOptions& o,
                    const train::TrainerOptions& options) {
  MaskScores scores = score_masks(model, *data.shown(),
                                  {.batch_size = o.batch,
                                   .device = options.device,
                                   .precision = options.precision,
                                   // Reported when training met them.
                                   .on_bad_sample = [](const std::string&) {}});
  report_on(scores, class_names(model), o.output);
  std::printf("mean IoU %.4f over the %s set\n", scores.counts.mean_iou(),
              data.validation ? "validation" : "training");
  ClassResults results{.counts = std::move(scores.counts)};
  if (scores.sweep) {
    results.pictures.push_back(o.output / "precision_recall.png");
  }
  return results;
}

int run(const SegmentationOptions& o) {
  if (o.threads > 0) set_thread_count(o.threads);
  train::TrainerOptions options = o.trainer_options();
  options.metrics = {"accuracy", "mean_iou"};
  if (o.classes == 1) {
    options.metrics.insert(options.metrics.begin() + 1, "iou");
  }
  options.loss = train::loss_from(o.loss, o.classes);
  models::Model model =
      models::unet({.size = {o.size, o.size}, .classes = o.classes});
  model.initialize(o.seed);
  if (!o.mask_colors.empty()) {
    model.set_class_names(train::MaskColors(o.mask_colors).class_names());
  }
  if (o.summary) {
    std::cout << model.summary();
    return ExitCode::done;
  }
  const augment::Pipeline augmentation = pipeline_of(o);
  const TrainingData data = open_data(o);
  std::printf("%s\n", data.report.c_str());
  options.class_weights = class_weights(o, *data.train);
  if (!options.class_weights.empty()) {
    std::printf(
        "%s\n",
        weights_text(options.class_weights, class_names(model)).c_str());
  }
  const auto trainer = make_trainer(model, augmentation, o, options);
  restore(*trainer, o);
  const int code = train_and_log(*trainer, data, augmentation, o, {}, [&] {
    return report(trainer->model(), data, o, options);
  });
  if (o.generated() && is_first_process()) {
    export_scenes(*data.shown(), o.output / "scenes");
  }
  return code;
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  return run_together([&] {
    SegmentationOptions options;
    if (const auto code = parse(count, arguments, options)) return *code;
    return run(options);
  });
}
