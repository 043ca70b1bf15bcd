#include "apps/training_data.h"

#include "apps/processes.h"
#include "core/error.h"
#include "train/data/sample_cache.h"

namespace lathe::apps {

void keep_in_memory(TrainingData& data, const TrainingOptions& options) {
  if (options.cache == "none") return;
  // The budget is shared in the order in which the sets come.
  std::size_t budget = train::SampleCache::automatic_budget();
  if (processes()) {
    budget /= static_cast<std::size_t>(processes()->local_size());
  }
  for (auto* set : {&data.train, &data.validation}) {
    if (!*set) continue;
    // What is drawn is new in each epoch.
    if (set == &data.train && data.train->draws()) continue;
    auto cache = std::make_shared<train::SampleCache>(*set, budget);
    budget -= std::min(budget, cache->bytes());
    if (set == &data.train) {
      data.report +=
          cache->capacity() < cache->size()
              ? concat("; memory keeps ", cache->capacity(), " of them")
              : concat("; kept in memory once read (", cache->bytes() / 1000000,
                       " MB)");
    }
    *set = std::move(cache);
  }
}

}  // namespace lathe::apps
