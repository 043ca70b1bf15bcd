#include "apps/training_run.h"

#include <cstdio>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "apps/config_file.h"
#include "apps/exit_code.h"
#include "apps/interrupt.h"
#include "apps/machine.h"
#include "apps/model_output.h"
#include "apps/processes.h"
#include "apps/report_sheet.h"
#include "apps/run_loggers.h"
#include "augment/json.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "core/folder_lock.h"
#include "core/parallel.h"
#include "train/callbacks/early_stopping.h"
#include "train/callbacks/model_checkpoint.h"
#include "train/callbacks/reduce_lr_on_plateau.h"
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
  std::vector<std::string> errors() {
    const std::lock_guard lock(mutex_);
    return {errors_.begin(), errors_.end()};
  }
  void print() {
    if (processes()) {
      std::string own;
      for (const std::string& error : errors_) own += error + '\n';
      for (const std::string& text : gather_texts(*processes(), own)) {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) errors_.insert(line);
      }
    }
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

// What it is computed with: bf16 is for those operations that are faster with
// it.
std::string precision_text(train::Trainer& trainer) {
  const Precision precision = trainer.options().precision;
  const Executable& step = *trainer.step();
  std::string text(name_of(precision));
  if (precision == Precision::bf16) {
    text += concat(", ", step.bfloat16_operations(), " of ",
                   step.graph().nodes().size(), " operations");
  }
  if (precision == Precision::tf32 && step.device() != Device::cuda) {
    text += ", which is fp32 there";
  }
  return text;
}

// Returns the text of run.json.
std::string write_run_files(train::Trainer& trainer, const TrainingData& data,
                            const augment::Pipeline& augmentation,
                            const TrainingOptions& options) {
  const models::Model& model = trainer.model();
  nlohmann::ordered_json json;
  json["program"] = options.program;
  json["options"] = nlohmann::ordered_json::parse(options.json);
  json["image_size"] = options.size;
  json["data"] = data.report;
  json["augmentation"] = augmentation.summary();
  json["operations"] = augment::to_json(augmentation);
  json["optimizer"] = train::to_text(trainer.options().optimizer);
  json["schedule"] = train::to_text(trainer.options().schedule);
  json["parameters"] = model.count_params();
  json["trainable_parameters"] = model.count_trainable_params();
  json["versions"] = nlohmann::ordered_json::parse(versions_json());
  json["machine"] = {{"processor", processor_name()},
                     {"threads", thread_count()},
                     {"processes", processes() ? processes()->size() : 1},
                     {"device", name_of(trainer.options().device)},
                     {"precision", name_of(trainer.options().precision)}};
  std::string text =
      json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  write_atomically(options.output / kRunFile, text);
  write_atomically(options.output / kConfigFile,
                   concat("# ", options.program, " --config reads this.\n",
                          config_of(options.json)));
  return text;
}

// Throws Error unless all processes were started alike.
void require_alike(const TrainingData& data, const TrainingOptions& options) {
  if (!processes()) return;
  const std::string own = concat(options.json, " ", data.train->size(), " ",
                                 data.validation ? data.validation->size() : 0);
  const std::vector<std::string> all = gather_texts(*processes(), own);
  for (std::size_t r = 1; r < all.size(); ++r) {
    if (all[r] == all[0]) continue;
    fail("process ", r,
         " has other options or other data than process 0: ", all[r],
         "; that one has ", all[0]);
  }
}

}  // namespace

augment::Pipeline pipeline_of(const TrainingOptions& options) {
  return options.augment_at == "none" ? augment::Pipeline{}
                                      : augment::read_pipeline(options.augment);
}

std::unique_ptr<train::Trainer> make_trainer(
    const models::Model& model, const augment::Pipeline& augmentation,
    const TrainingOptions& options, train::TrainerOptions trainer_options) {
  if (options.augment_at != "model") {
    train::ExtendedModel::require_size(augmentation, model);
    // A crop of more than there is would come up with the first sample.
    augmentation.output_size({.height = options.size, .width = options.size});
  }
  if (augmentation.mixes() && options.batch == 1) {
    fail("augmentation: --batch 1; mixing needs at least two samples");
  }
  if (options.augment_at == "step" && !augmentation.empty()) {
    return std::make_unique<train::ExtendedModel>(model, augmentation,
                                                  std::move(trainer_options));
  }
  return std::make_unique<train::Trainer>(model, std::move(trainer_options));
}

void restore(train::Trainer& trainer, const TrainingOptions& options) {
  if (!options.init.empty()) trainer.load_weights(options.init);
  if (options.resume.empty()) return;
  trainer.resume(options.resume);
  std::printf("Going on from %s, after %lld steps\n", options.resume.c_str(),
              static_cast<long long>(trainer.position().step));
}

int train_and_log(train::Trainer& trainer, const TrainingData& data,
                  const augment::Pipeline& augmentation,
                  const TrainingOptions& o,
                  std::vector<train::AnyCallback> callbacks,
                  const std::function<ClassResults()>& at_end) {
  require_alike(data, o);
  const std::int64_t rows =
      train::rows_of_part(o.batch, train::part_of(processes()));
  std::optional<FolderLock> lock;
  std::string run;
  if (is_first_process()) {
    fs::create_directories(o.output);
    lock.emplace(o.output);
    run = write_run_files(trainer, data, augmentation, o);
  }

  BadSamples bad;
  train::LoaderOptions loader = o.loader_options();
  if (o.skip_bad) {
    loader.on_bad_sample = [&](const std::string& error) { bad.add(error); };
  }
  if (o.augment_at == "loader" && !augmentation.empty()) {
    loader.transform = train::ExtendedModel::in_loader(augmentation, o.seed,
                                                       trainer.image_scale());
  }
  const auto checkpoint = std::make_shared<train::ModelCheckpoint>(
      o.output / o.checkpoint,
      train::ModelCheckpointOptions{.monitor = o.monitor,
                                    .mode = o.mode,
                                    .save_best_only = o.save_best_only});
  if (o.schedule == "plateau") {
    callbacks.emplace_back(
        train::ReduceLROnPlateau({.monitor = o.monitor, .mode = o.mode}));
  }
  std::shared_ptr<HtmlReport> report;
  if (is_first_process()) {
    report =
        add_loggers(callbacks, checkpoint, data, o,
                    {.folder = o.output,
                     .run = run,
                     .augmentation = augmentation_sheet(augmentation, data, o),
                     .class_names = class_names(trainer.model()),
                     .of_masks = of_masks(data),
                     .warnings = [&] { return bad.errors(); }});
  }
  if (o.patience > 0) {
    callbacks.emplace_back(
        train::EarlyStopping({.monitor = o.monitor,
                              .mode = o.mode,
                              .patience = o.patience,
                              .restore_best_weights = true}));
  }
  watch_interrupts();
  trainer.compile(rows);
  if (processes()) {
    std::printf("%d processes, each with %lld of the %lld samples of a step\n",
                processes()->size(), static_cast<long long>(rows),
                static_cast<long long>(o.batch));
  }
  std::printf(
      "%lld parameters, %lld of them trained, on the %s in %s; %.0f MB for a "
      "step of %lld samples\n",
      static_cast<long long>(trainer.model().count_params()),
      static_cast<long long>(trainer.model().count_trainable_params()),
      std::string(name_of(trainer.options().device)).c_str(),
      precision_text(trainer).c_str(),
      static_cast<double>(trainer.step()->arena_bytes()) / 1e6,
      static_cast<long long>(rows));
  std::fflush(stdout);
  const bool finished =
      trainer.fit(*data.train, {.epochs = o.epochs,
                                .validation = data.validation.get(),
                                .callbacks = std::move(callbacks),
                                .loader = loader,
                                .stop = &interrupted()});
  bad.print();
  if (!finished) {
    const fs::path path = o.output / "interrupted.keras";
    if (report) {
      trainer.save(path);
      report->finish("interrupted", std::nullopt);
    }
    std::printf("Stopped after step %lld; --resume %s goes on from there\n",
                static_cast<long long>(trainer.position().step), path.c_str());
    return ExitCode::interrupted;
  }
  if (!checkpoint->last_saved().empty()) {
    std::printf("Saved %s\n", checkpoint->last_saved().c_str());
  }
  if (report) {
    std::optional<ClassResults> results;
    if (at_end) results = at_end();
    report->finish(
        trainer.position().epoch < o.epochs
            ? concat("stopped after epoch ", trainer.position().epoch)
            : concat("finished, ", o.epochs, " epochs"),
        results);
  }
  return ExitCode::done;
}

}  // namespace lathe::apps
