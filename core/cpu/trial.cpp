#include "core/cpu/trial.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <mutex>
#include <utility>

#include "core/cpu/target.h"
#include "core/error.h"
#include "core/large_pages.h"
#include "core/parallel.h"

namespace lathe::cpu {
namespace {

// Memory as an arena's, of any values: kernels take no shortcuts. These bytes
// are small numbers in float32 and in bfloat16.
std::shared_ptr<void> scratch(std::size_t bytes) {
  auto memory = large_pages("trial", bytes);
  if (bytes > 0) std::memset(memory.get(), 0x3C, bytes);
  return memory;
}

// What the kernels of a signature run in.
class Trial {
 public:
  explicit Trial(const Signature& signature) {
    std::size_t bytes = 0;
    for (const auto* specs : {&signature.inputs, &signature.outputs}) {
      for (const TensorSpec& spec : *specs) bytes += aligned(spec.bytes());
    }
    memory_ = scratch(bytes);
    auto* place = static_cast<std::byte*>(memory_.get());
    const auto take = [&](const TensorSpec& spec) {
      return std::exchange(place, place + aligned(spec.bytes()));
    };
    for (const auto& spec : signature.inputs) inputs_.push_back(take(spec));
    for (const auto& spec : signature.outputs) outputs_.push_back(take(spec));
  }

  // The least of some runs, or of the first two where that is far from `best`.
  double seconds(const Kernel& kernel, double best) const {
    using Clock = std::chrono::steady_clock;
    constexpr int kRuns = 5;
    constexpr double kFar = 1.5;
    const auto workspace = scratch(kernel.workspace_bytes);
    double least = 1e30;
    for (int i = 0; i < kRuns; ++i) {
      const auto start = Clock::now();
      kernel.run({.inputs = inputs_,
                  .outputs = outputs_,
                  .workspace = workspace.get()});
      least = std::min(
          least, std::chrono::duration<double>(Clock::now() - start).count());
      if (i > 0 && least > kFar * best) break;
    }
    return least;
  }

 private:
  std::shared_ptr<void> memory_;
  std::vector<void*> inputs_;
  std::vector<void*> outputs_;
};

std::string key_of(const std::string& problem, const Signature& signature,
                   const std::vector<Candidate>& candidates) {
  static const std::string processor =
      concat(processor_info("model name"), ", family ",
             processor_info("cpu family"), ", model ", processor_info("model"));
  std::string key =
      concat(processor, ", ", thread_count(), " threads: ", problem, " of");
  for (const TensorSpec& spec : signature.inputs) key += concat(' ', spec);
  for (const TensorSpec& spec : signature.outputs) key += concat(" to ", spec);
  key += " by";
  for (const Candidate& candidate : candidates) {
    key += concat(" '", candidate.name, '\'');
  }
  return key;
}

}  // namespace

Candidate fastest(const std::string& problem, const Signature& signature,
                  const std::vector<Candidate>& candidates) {
  // A candidate may be the best of others.
  static std::recursive_mutex mutex;
  const std::scoped_lock lock(mutex);
  static TrialCache cache(trial_cache_file("cpu_trials.txt"));
  return fastest(problem, signature, candidates, cache);
}

Candidate fastest(const std::string& problem, const Signature& signature,
                  const std::vector<Candidate>& candidates, TrialCache& cache) {
  const auto named = [&](const std::string& name) {
    return std::ranges::find(candidates, name, &Candidate::name);
  };
  const std::string key = key_of(problem, signature, candidates);
  if (const auto known = cache.find(key)) {
    const auto before = named(*known);
    if (before != candidates.end()) return *before;
  }
  const Trial trial(signature);
  auto best = candidates.begin();
  double least = std::numeric_limits<double>::infinity();
  for (auto candidate = best; candidate != candidates.end(); ++candidate) {
    const double seconds = trial.seconds(candidate->make(), least);
    if (seconds >= least) continue;
    least = seconds;
    best = candidate;
  }
  const auto kept = cache.add(key, best->name);
  const auto agreed = kept ? named(*kept) : candidates.begin();
  return agreed == candidates.end() ? *best : *agreed;
}

}  // namespace lathe::cpu
