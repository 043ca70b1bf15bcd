#pragma once

#include <cstdint>
#include <string>

#include "apps/cli.h"
#include "models/predict.h"

namespace lathe::apps {

/// What the command lines of programs that run a model have in common.
struct InferenceOptions {
  std::int64_t batch = 16;
  std::string device = "auto";
  std::string precision = "fp32";
  int threads = 0;

  /// Sets the number of threads, where it was given.
  void set_threads() const;
  /// Batch, device and precision.
  models::PredictOptions predict_options() const;
};

/// `of`: what a batch has so many of.
void add_options(CLI::App& app, InferenceOptions& options,
                 const std::string& of);

}  // namespace lathe::apps
