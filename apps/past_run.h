#pragma once

#include <filesystem>

#include "apps/training_data.h"
#include "augment/pipeline.h"
#include "train/data/loader.h"

namespace lathe::apps {

/// What a training program trained on and how, to see it again.
struct PastRun {
  augment::Pipeline augmentation;
  TrainingData data;
  train::LoaderOptions loader;
};

/// Opens the data of a run as its program did, from the run.json in its folder.
/// Throws Error naming that file where it can't be read, or the data are no
/// longer there or no longer as many.
PastRun read_run(const std::filesystem::path& folder);

}  // namespace lathe::apps
