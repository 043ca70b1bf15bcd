#include "apps/prediction_profiler.h"

#include "train/callbacks/profiler.h"

namespace lathe::apps {
namespace {

constexpr std::size_t kMostSteps = 20;

}  // namespace

PredictionProfiler::PredictionProfiler(std::filesystem::path trace,
                                       std::int64_t plain, Peaks peaks)
    : trace_(std::move(trace)), plain_(plain), peaks_(peaks) {}

void PredictionProfiler::begin_reading() {
  waiting_.start = train::Clock::now();
}

void PredictionProfiler::end_reading() {
  waiting_.end = train::Clock::now();
}

void PredictionProfiler::run(Executable& executable) {
  ++runs_;
  // A last batch of fewer photographs is another executable's.
  const bool is_other = profile_ && &executable != profiled_;
  if (runs_ <= plain_ || steps_.size() == kMostSteps || is_other) {
    executable.run();
    waiting_ = {};
    return;
  }
  train::StepTimes times{.number = runs_, .waiting = waiting_};
  times.run.start = train::Clock::now();
  times.step.start = waiting_.empty() ? times.run.start : waiting_.start;
  times.nodes = executable.measure();
  times.run.end = times.step.end = train::Clock::now();
  waiting_ = {};
  if (!profile_) {
    profiled_ = &executable;
    profile_.emplace(executable, peaks_);
  }
  profile_->add(times.nodes);
  steps_.push_back(std::move(times));
}

void PredictionProfiler::report() const {
  train::report(*profile_, steps_, trace_);
}

}  // namespace lathe::apps
