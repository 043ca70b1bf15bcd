#include <cstdio>
#include <fstream>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/exit_code.h"
#include "apps/interrupt.h"
#include "apps/machine.h"
#include "apps/segmentation_data.h"
#include "apps/segmentation_options.h"
#include "augment/parse.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "core/image/write_image.h"
#include "core/parallel.h"
#include "models/unet.h"
#include "train/callbacks/csv_logger.h"
#include "train/callbacks/model_checkpoint.h"
#include "train/callbacks/pictures.h"
#include "train/callbacks/progress_bar.h"
#include "train/extended_model.h"

namespace lathe::apps {
namespace {

namespace fs = std::filesystem;

// Samples that could not be read, each once.
class BadSamples {
 public:
  void add(const std::string& error) {
    const std::lock_guard lock(mutex_);
    errors_.insert(error);
  }
  void print() const {
    if (errors_.empty()) return;
    std::printf("%zu samples could not be read:\n", errors_.size());
    for (const std::string& error : errors_) {
      std::printf("  %s\n", error.c_str());
    }
  }

 private:
  std::mutex mutex_;
  std::set<std::string> errors_;
};

std::unique_ptr<train::Trainer> make_trainer(
    const SegmentationOptions& o, const models::Model& model, Device device,
    const augment::Pipeline& augmentation) {
  train::TrainerOptions options{
      .optimizer = train::Adam{.learning_rate = o.learning_rate},
      .metrics = {"accuracy", "mean_iou"},
      .device = device,
      .seed = o.seed};
  if (o.statistics == "keras") options.statistics_warm_up = -1;
  if (o.classes > 1) {
    options.loss = train::SparseCategoricalCrossentropy{};
  } else {
    options.metrics.insert(options.metrics.begin() + 1, "iou");
  }
  if (o.augment_at == "step" && !augmentation.empty()) {
    return std::make_unique<train::ExtendedModel>(model, augmentation, options);
  }
  return std::make_unique<train::Trainer>(model, options);
}

void write_run_json(const SegmentationOptions& options,
                    const SegmentationData& data, const models::Model& model,
                    Device device, const augment::Pipeline& augmentation) {
  nlohmann::ordered_json json;
  json["options"] = nlohmann::ordered_json::parse(to_json(options));
  json["data"] = data.report;
  json["augmentation"] = augmentation.summary();
  json["parameters"] = model.count_params();
  json["trainable_parameters"] = model.count_trainable_params();
  json["versions"] = nlohmann::ordered_json::parse(versions_json());
  json["machine"] = {{"processor", processor_name()},
                     {"threads", thread_count()},
                     {"device", name_of(device)}};
  write_atomically(options.output / "run.json", json.dump(2) + "\n");
}

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

int run(const SegmentationOptions& o) {
  if (o.threads > 0) set_thread_count(o.threads);
  const Device device = device_from(o.device);
  models::Model model =
      models::unet({.size = {o.size, o.size}, .classes = o.classes});
  model.initialize(o.seed);
  if (o.summary) {
    std::cout << model.summary();
    return ExitCode::done;
  }
  const augment::Pipeline augmentation =
      o.augment_at == "none" ? augment::Pipeline{} : augment::parse(o.augment);
  const SegmentationData data = open_data(o);
  std::printf("%s\n", data.report.c_str());

  const auto trainer = make_trainer(o, model, device, augmentation);
  if (!o.init.empty()) trainer->load_weights(o.init);
  if (!o.resume.empty()) {
    trainer->resume(o.resume);
    std::printf("Going on from %s, after %lld steps\n", o.resume.c_str(),
                static_cast<long long>(trainer->position().step));
  }
  fs::create_directories(o.output);
  write_run_json(o, data, model, device, augmentation);

  BadSamples bad;
  train::LoaderOptions loader{.batch_size = o.batch, .shuffle = !o.no_shuffle};
  if (o.skip_bad) {
    loader.on_bad_sample = [&](const std::string& error) { bad.add(error); };
  }
  if (o.augment_at == "loader" && !augmentation.empty()) {
    loader.transform = train::ExtendedModel::in_loader(augmentation, o.seed,
                                                       trainer->image_scale());
  }
  const auto shown = data.validation ? data.validation : data.train;
  const auto checkpoint = std::make_shared<train::ModelCheckpoint>(
      o.output / o.checkpoint,
      train::ModelCheckpointOptions{.monitor = o.monitor,
                                    .mode = o.mode,
                                    .save_best_only = o.save_best_only});
  watch_interrupts();
  trainer->compile(o.batch);
  std::printf("%lld parameters on the %s, %.0f MB for a step of %lld samples\n",
              static_cast<long long>(model.count_params()),
              std::string(name_of(device)).c_str(),
              static_cast<double>(trainer->step()->arena_bytes()) / 1e6,
              static_cast<long long>(o.batch));
  std::fflush(stdout);
  const bool finished = trainer->fit(
      *data.train,
      {.epochs = o.epochs,
       .validation = data.validation.get(),
       .callbacks = {checkpoint, train::CSVLogger(o.output / "log.csv"),
                     train::StepsLogger(o.output / "steps.csv"),
                     train::Pictures(o.output, shown), train::ProgressBar()},
       .loader = loader,
       .stop = &interrupted()});
  if (o.generated()) export_scenes(*shown, o.output / "scenes");
  bad.print();
  if (!finished) {
    const fs::path path = o.output / "interrupted.keras";
    trainer->save(path);
    std::printf("Stopped after step %lld; --resume %s goes on from there\n",
                static_cast<long long>(trainer->position().step), path.c_str());
    return ExitCode::interrupted;
  }
  if (!checkpoint->last_saved().empty()) {
    std::printf("Saved %s\n", checkpoint->last_saved().c_str());
  }
  return ExitCode::done;
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  SegmentationOptions options;
  if (const auto code = parse(count, arguments, options)) return *code;
  try {
    return run(options);
  } catch (const std::exception& error) {
    std::fflush(stdout);
    std::cerr << error.what() << '\n';
    return ExitCode::failed;
  }
}
