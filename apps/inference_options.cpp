#include "apps/inference_options.h"

#include <CLI/CLI.hpp>

#include "core/parallel.h"

namespace lathe::apps {

void InferenceOptions::set_threads() const {
  if (threads > 0) set_thread_count(threads);
}

models::PredictOptions InferenceOptions::predict_options() const {
  return {.batch_size = batch,
          .device = device_from(device),
          .precision = precision_from(precision)};
}

void add_options(CLI::App& app, InferenceOptions& options,
                 const std::string& of) {
  const std::string group = "Machine";
  app.add_option("--batch", options.batch, of + " at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--device", options.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--precision", options.precision,
                 "fp32; tf32, which lets a GPU round what is multiplied; or "
                 "bf16, which stores activations in 16 bits")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--threads", options.threads,
                 "Threads that compute; all cores where left out")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
}

}  // namespace lathe::apps
