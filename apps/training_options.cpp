#include "apps/training_options.h"

#include "apps/processes.h"
#include "core/device.h"

namespace lathe::apps {

train::TrainerOptions TrainingOptions::trainer_options() const {
  train::TrainerOptions result{
      .optimizer = train::optimizer_from(optimizer, learning_rate),
      .device = device_from(device),
      .precision = precision_from(precision),
      .capture = !no_capture,
      .low_memory = memory == "low",
      .seed = seed,
      .ranks = processes(),
      .synchronized_statistics = sync_statistics == "on"};
  if (schedule != "plateau") result.schedule = train::schedule_from(schedule);
  if (statistics == "keras") result.statistics_warm_up = -1;
  return result;
}

train::LoaderOptions TrainingOptions::loader_options() const {
  return {.batch_size = batch,
          .shuffle = !no_shuffle,
          .seed = seed,
          .training = true};
}

}  // namespace lathe::apps
