#include "core/cpu/trial.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>

#include "core/cpu/target.h"
#include "core/error.h"
#include "core/parallel.h"

namespace lathe::cpu {
namespace {

// Memory of any values: kernels take no shortcuts. These bytes are small
// numbers in float32 and in bfloat16.
Tensor scratch(const TensorSpec& spec) {
  Tensor tensor(spec.shape, spec.dtype);
  std::memset(tensor.raw(), 0x3C, spec.bytes());
  return tensor;
}

// What the kernels of a signature run in.
class Trial {
 public:
  explicit Trial(const Signature& signature) {
    for (const TensorSpec& spec : signature.inputs) add(spec, inputs_);
    for (const TensorSpec& spec : signature.outputs) add(spec, outputs_);
  }

  // The least of some runs.
  double seconds(const Kernel& kernel) const {
    using Clock = std::chrono::steady_clock;
    constexpr int kRuns = 5;
    const Tensor workspace = scratch(
        {{static_cast<std::int64_t>(kernel.workspace_bytes)}, DType::uint8});
    double least = 1e30;
    for (int i = 0; i < kRuns; ++i) {
      const auto start = Clock::now();
      kernel.run({.inputs = inputs_,
                  .outputs = outputs_,
                  .workspace = workspace.raw()});
      least = std::min(
          least, std::chrono::duration<double>(Clock::now() - start).count());
    }
    return least;
  }

 private:
  void add(const TensorSpec& spec, std::vector<void*>& places) {
    memory_.push_back(scratch(spec));
    places.push_back(memory_.back().raw());
  }

  std::vector<Tensor> memory_;
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
  std::vector<double> seconds;
  seconds.reserve(candidates.size());
  for (const Candidate& candidate : candidates) {
    seconds.push_back(trial.seconds(candidate.make()));
  }
  const auto best = candidates.begin() +
                    (std::ranges::min_element(seconds) - seconds.begin());
  const auto kept = cache.add(key, best->name);
  const auto agreed = kept ? named(*kept) : candidates.begin();
  return agreed == candidates.end() ? *best : *agreed;
}

}  // namespace lathe::cpu
