#include "apps/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "apps/config_file.h"
#include "apps/exit_code.h"
#include "apps/processes.h"

namespace lathe::apps {
namespace {

void add_data_options(CLI::App& app, TrainingOptions& o,
                      const std::string& size_help) {
  const std::string group = "Data";
  app.add_option("--val-fraction", o.val_fraction,
                 "Share of the samples kept for validation where no others "
                 "are given; 0 for none")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str()
      ->group(group);
  app.add_option("--size", o.size, size_help)
      ->capture_default_str()
      ->group(group);
  app.add_option("--limit", o.limit, "Use only the first N samples; 0 for all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  app.add_flag("--skip-bad", o.skip_bad,
               "Go on without unreadable files and list them at the end")
      ->group(group);
  app.add_option("--cache", o.cache,
                 "Keep decoded samples in memory: auto (a quarter of what is "
                 "free) or none")
      ->check(CLI::IsMember({"auto", "none"}))
      ->capture_default_str()
      ->group(group);
}

void add_training_options(CLI::App& app, TrainingOptions& o,
                          const std::vector<std::string>& places) {
  const std::string group = "Training";
  app.add_option("--batch", o.batch, "Samples a step")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--epochs", o.epochs,
                 "Epochs in all, those of a resumed run included")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--learning-rate", o.learning_rate,
                 "The optimizer's, before the schedule")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--optimizer", o.optimizer,
                 "adam, adamw, sgd, rmsprop or lion, with Keras' options such "
                 "as sgd(momentum=0.9,nesterov=true)")
      ->capture_default_str()
      ->group(group);
  app.add_option("--schedule", o.schedule,
                 "The learning rate's: constant, cosine(warmup_steps=100), "
                 "step(boundaries=1000:2000), one_cycle or plateau")
      ->capture_default_str()
      ->group(group);
  app.add_option("--patience", o.patience,
                 "Stop after N epochs in which --monitor did not improve, and "
                 "take back the best weights; 0 for never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--seed", o.seed, "What every draw depends on")
      ->capture_default_str()
      ->group(group);
  app.add_option("--device", o.device, "Where to train: auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--precision", o.precision,
                 "What is computed with: fp32; tf32, which lets a GPU round "
                 "what is multiplied; or bf16, which stores activations in 16 "
                 "bits")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--memory", o.memory,
                 "low: compute normalisations and other cheap values again in "
                 "the backward pass rather than keep them; the same result in "
                 "less memory and more time")
      ->check(CLI::IsMember({"normal", "low"}))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--no-capture", o.no_capture,
               "Give a GPU the kernels of a step one by one, not as one CUDA "
               "graph; for looking for faults")
      ->group(group);
  app.add_option("--augment", o.augment,
                 "Augmentations, a comma list such as "
                 "flip=horizontal,rotation=0.1,zoom=0.2, or a .json file")
      ->capture_default_str()
      ->group(group);
  std::string where;
  for (const std::string& place : places) {
    where += (where.empty() ? "" : ", ") + place;
  }
  app.add_option("--augment-at", o.augment_at,
                 "Where they happen, with the same pixels everywhere: " + where)
      ->check(CLI::IsMember(places))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--no-shuffle", o.no_shuffle,
               "Take the samples in the order of their names")
      ->group(group);
  app.add_option("--statistics", o.statistics,
                 "Moving statistics of normalisations: corrected for their "
                 "start, or keras exactly")
      ->check(CLI::IsMember({"corrected", "keras"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--sync-statistics", o.sync_statistics,
                 "Where mpirun started several processes, let normalisations "
                 "take the statistics of the whole batch: on or off")
      ->check(CLI::IsMember({"on", "off"}))
      ->capture_default_str()
      ->group(group);
  app.add_option(
         "--init", o.init,
         "Take the weights of this .keras, .weights.h5 or .safetensors file")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_option("--resume", o.resume,
                 "Go on where the run that wrote this .keras file stopped")
      ->check(CLI::ExistingFile)
      ->group(group);
}

void add_result_options(CLI::App& app, TrainingOptions& o) {
  const std::string group = "Results";
  app.add_option("--output", o.output, "Folder for everything a run writes")
      ->capture_default_str()
      ->group(group);
  app.add_option("--checkpoint", o.checkpoint,
                 "Name of the model saved after an epoch")
      ->capture_default_str()
      ->group(group);
  app.add_option("--monitor", o.monitor,
                 "What decides which model is the best: loss, accuracy, "
                 "val_loss, val_accuracy, ...")
      ->capture_default_str()
      ->group(group);
  app.add_option("--mode", o.mode, "Whether less or more of it is better")
      ->check(CLI::IsMember({"min", "max"}))
      ->capture_default_str()
      ->group(group);
  app.add_flag("--save-best-only", o.save_best_only,
               "Save only models better than all before")
      ->group(group);
  app.add_flag("--tensorboard", o.tensorboard,
               "Write event files for TensorBoard, into tensorboard/")
      ->group(group);
  app.add_flag("--profile", o.profile,
               "Time every operation of 20 steps, after 3, of the first epoch; "
               "print where the time went and write trace.json for "
               "chrome://tracing")
      ->group(group);
  app.add_flag("--summary", o.summary, "Print the model and stop")
      ->group(group);
}

}  // namespace

void prepare(CLI::App& app, const std::string& name) {
  app.name(name);
  // As a script's user expects who adds his own.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void add_options(CLI::App& app, TrainingOptions& options,
                 const std::string& size_help,
                 const std::vector<std::string>& places) {
  add_data_options(app, options, size_help);
  add_training_options(app, options, places);
  add_result_options(app, options);
  app.add_option("--threads", options.threads,
                 "Threads that compute; 0 for all cores")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group("Machine");
}

std::optional<int> parse(CLI::App& app, int count, const char* const* arguments,
                         const std::function<std::string()>& wrong) {
  // What is wrong with options is wrong for all processes; one says it.
  std::ostream errors(is_first_process() ? std::cerr.rdbuf() : nullptr);
  try {
    parse_with_config(app, count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, std::cout, errors) == 0 ? ExitCode::done
                                                   : ExitCode::wrong_usage;
  }
  const std::string message = wrong();
  if (message.empty()) return std::nullopt;
  errors << message << '\n';
  return ExitCode::wrong_usage;
}

std::optional<int> parse(CLI::App& app, int count, const char* const* arguments,
                         TrainingOptions& options,
                         const std::function<std::string()>& wrong) {
  const auto code = parse(app, count, arguments, [&]() -> std::string {
    const std::string message = wrong();
    if (!message.empty() || options.init.empty() || options.resume.empty()) {
      return message;
    }
    return "--init starts anew from a file's weights and --resume goes on with "
           "its run; give one of them";
  });
  if (code) return code;
  options.program = app.get_name();
  options.json = options_json(app);
  return std::nullopt;
}

}  // namespace lathe::apps
