#include "core/cuda/convolution_trial.h"

#include <algorithm>
#include <map>

#include "core/cuda/memory.h"
#include "core/cuda/runtime.h"
#include "core/cuda/stopwatch.h"
#include "core/error.h"
#include "core/trial_cache.h"

namespace lathe::cuda::cudnn {
namespace {

// Beyond these the heuristics' candidates are far from the best.
constexpr std::size_t kTried = 10;
constexpr int kRuns = 5;
// Plans that take more are tried only where all others fail: the largest one is
// what a step's arena keeps for all of them.
constexpr std::size_t kMostWorkspace = std::size_t{256} << 20;

std::string device_name() {
  int device = 0;
  cudaDeviceProp properties{};
  cuda::check(cudaGetDevice(&device), "cudaGetDevice");
  cuda::check(cudaGetDeviceProperties(&properties, device),
              "cudaGetDeviceProperties");
  return properties.name;
}

// Any values will do: engines take no shortcuts. These bytes are small numbers
// in float32 and in bfloat16.
std::shared_ptr<void> scratch(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  std::shared_ptr<void> memory = device_memory(bytes);
  cuda::check(cudaMemset(memory.get(), 0x3C, bytes), "cudaMemset");
  return memory;
}

// The memory that all candidates of a problem run in.
class Trial {
 public:
  explicit Trial(const ConvolutionProblem& problem) {
    const std::size_t size = problem.precision == Precision::bf16 ? 2 : 4;
    const auto place = [&](std::int64_t elements) {
      owners_.push_back(scratch(static_cast<std::size_t>(elements) * size));
      return owners_.back().get();
    };
    memory_.image = place(problem.image.elements());
    memory_.weights = place(problem.weights());
    memory_.result = place(problem.result.elements());
    if (problem.bias) memory_.bias = place(problem.target().back());
  }

  double milliseconds(const Plan& plan) {
    const auto workspace = scratch(plan.workspace_bytes());
    memory_.workspace = workspace.get();
    // The first run may load code.
    plan.run(memory_, nullptr);
    Stopwatch watch;
    watch.mark(nullptr);
    for (int i = 0; i < kRuns; ++i) plan.run(memory_, nullptr);
    watch.mark(nullptr);
    return watch.milliseconds().back();
  }

 private:
  ConvolutionMemory memory_;
  std::vector<std::shared_ptr<void>> owners_;
};

struct Result {
  ChosenPlan chosen;
  double milliseconds;
};

// Those that ran, in their order. Engines may find only here that they don't
// support a problem.
std::vector<Result> run_all(const ConvolutionProblem& problem,
                            const std::vector<Candidate>& candidates,
                            std::size_t most_workspace, std::string& failure) {
  std::vector<Result> results;
  if (candidates.empty()) return results;
  Trial trial(problem);
  for (const Candidate& candidate : candidates) {
    if (results.size() == kTried) break;
    try {
      const Plan plan(candidate, {});
      if (plan.workspace_bytes() > most_workspace) continue;
      results.push_back({.chosen = {.plan = plan, .name = candidate.name},
                         .milliseconds = trial.milliseconds(plan)});
    } catch (const Error& error) {
      failure = error.what();
    }
  }
  return results;
}

// None, too, where it ran once and can't be made any more.
std::optional<ChosenPlan> named(const std::vector<Candidate>& candidates,
                                const std::string& name) {
  for (const Candidate& candidate : candidates) {
    if (candidate.name != name) continue;
    try {
      return ChosenPlan{.plan = Plan(candidate, {}), .name = name};
    } catch (const Error&) {
      break;
    }
  }
  return std::nullopt;
}

// The fastest of those that ran, or what the cache has for this key by now.
ChosenPlan best_of(const std::vector<Result>& results,
                   const std::vector<Candidate>& candidates, TrialCache& cache,
                   const std::string& key) {
  const auto fastest = std::min_element(
      results.begin(), results.end(), [](const Result& a, const Result& b) {
        return a.milliseconds < b.milliseconds;
      });
  const auto kept = cache.add(key, fastest->chosen.name);
  if (!kept) return results.front().chosen;
  return named(candidates, *kept).value_or(fastest->chosen);
}

std::optional<ChosenPlan> find_plan(const ConvolutionProblem& problem) {
  static const std::string here =
      concat("cuDNN ", functions().get_version(), " on ", device_name(), ": ");
  static TrialCache cache(trial_cache_file("cudnn_plans.txt"));
  const std::string key = here + to_string(problem);
  const auto known = cache.find(key);
  std::string failure;
  for (const bool fallback : {false, true}) {
    const auto found = candidates(problem, {}, {.fallback = fallback});
    if (known) {
      if (auto plan = named(found, *known)) return plan;
    }
    auto results = run_all(problem, found, kMostWorkspace, failure);
    if (results.empty()) results = run_all(problem, found, SIZE_MAX, failure);
    if (!results.empty()) return best_of(results, found, cache, key);
  }
  if (failure.empty()) return std::nullopt;
  fail(to_string(problem), ": no engine of cuDNN's ran: ", failure);
}

}  // namespace

std::optional<ChosenPlan> choose_plan(const ConvolutionProblem& problem) {
  // Models repeat their shapes, and evaluation those of training.
  static std::map<std::string, std::optional<ChosenPlan>> chosen;
  const std::string key = to_string(problem);
  const auto before = chosen.find(key);
  if (before != chosen.end()) return before->second;
  return chosen.emplace(key, find_plan(problem)).first->second;
}

}  // namespace lathe::cuda::cudnn
