#include "train/callbacks/profiler.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

using Json = nlohmann::ordered_json;

// The rows of a trace, from the top.
enum class Row { steps = 1, data, augmentation, operations };

// Events of a trace, whose times are microseconds since its start.
class Events {
 public:
  explicit Events(Clock::time_point start) : start_(start) {
    name(Row::steps, "steps");
    name(Row::data, "waiting for data");
    name(Row::augmentation, "augmentation");
    name(Row::operations, "operations");
  }

  void add(Row row, const std::string& name, const Span& span,
           Json arguments = Json::object()) {
    if (!span.empty()) {
      add(row, name, since_start(span.start), span.milliseconds(),
          std::move(arguments));
    }
  }
  void add(Row row, const std::string& name, double start_milliseconds,
           double milliseconds, Json arguments) {
    events_.push_back({{"name", name},
                       {"ph", "X"},
                       {"pid", 1},
                       {"tid", static_cast<int>(row)},
                       {"ts", 1000 * start_milliseconds},
                       {"dur", 1000 * milliseconds},
                       {"args", std::move(arguments)}});
  }
  double since_start(Clock::time_point time) const {
    return Span{start_, time}.milliseconds();
  }
  std::string text() const {
    return Json{{"displayTimeUnit", "ms"}, {"traceEvents", events_}}.dump() +
           "\n";
  }

 private:
  void name(Row row, const std::string& name) {
    const int tid = static_cast<int>(row);
    events_.push_back({{"name", "thread_name"},
                       {"ph", "M"},
                       {"pid", 1},
                       {"tid", tid},
                       {"args", {{"name", name}}}});
    events_.push_back({{"name", "thread_sort_index"},
                       {"ph", "M"},
                       {"pid", 1},
                       {"tid", tid},
                       {"args", {{"sort_index", tid}}}});
  }

  Clock::time_point start_;
  Json events_ = Json::array();
};

double mean_milliseconds(const std::vector<StepTimes>& steps,
                         Span StepTimes::*part) {
  double total = 0;
  for (const StepTimes& step : steps) total += (step.*part).milliseconds();
  return total / static_cast<double>(steps.size());
}

}  // namespace

std::string to_trace(const Profile& profile,
                     const std::vector<StepTimes>& steps) {
  Events events(steps.empty() ? Clock::time_point() : steps[0].step.start);
  for (const StepTimes& step : steps) {
    events.add(Row::steps, concat("step ", step.number), step.step);
    events.add(Row::data, "waiting for data", step.waiting);
    events.add(Row::augmentation, "augmentation", step.augmentation);
    const double run = events.since_start(step.run.start);
    for (std::size_t i = 0; i < step.nodes.size(); ++i) {
      const Profile::Node& node = profile.nodes()[i];
      events.add(Row::operations, node.name, run + step.nodes[i].start,
                 step.nodes[i].milliseconds,
                 {{"operation", node.operation},
                  {"inputs", node.inputs},
                  {"output", node.output},
                  {"kernel", node.kernel},
                  {"MFLOP", node.cost.flops / 1e6},
                  {"MB", node.cost.bytes / 1e6}});
    }
  }
  return events.text();
}

void report(const Profile& profile, const std::vector<StepTimes>& steps,
            const std::filesystem::path& trace) {
  std::printf(
      "Profile of steps %lld to %lld: %.2f ms each, of it %.2f in operations, "
      "%.2f waiting for data, %.2f in augmentation\n%s",
      static_cast<long long>(steps.front().number),
      static_cast<long long>(steps.back().number),
      mean_milliseconds(steps, &StepTimes::step), profile.milliseconds(),
      mean_milliseconds(steps, &StepTimes::waiting),
      mean_milliseconds(steps, &StepTimes::augmentation),
      profile.table().c_str());
  if (trace.has_parent_path()) {
    std::filesystem::create_directories(trace.parent_path());
  }
  write_atomically(trace, to_trace(profile, steps));
  std::printf("Trace for chrome://tracing or ui.perfetto.dev: %s\n",
              trace.c_str());
  std::fflush(stdout);
}

Profiler::Profiler(std::filesystem::path trace, ProfilerOptions options)
    : trace_(std::move(trace)), options_(options) {}

void Profiler::begin(Trainer& trainer) {
  if (!options_.peaks) {
    options_.peaks =
        measure_peaks(trainer.options().device, trainer.options().precision);
  }
  trainer.measure_steps(options_.steps);
  state_ = State::measuring;
}

void Profiler::on_epoch_begin(Trainer& trainer, std::int64_t, std::int64_t,
                              std::int64_t steps) {
  if (state_ != State::waiting) return;
  const std::int64_t left = steps - trainer.position().step_of_epoch;
  plain_left_ = std::min(options_.first, left / 2);
  if (plain_left_ == 0) begin(trainer);
}

void Profiler::on_step_end(Trainer& trainer, const StepReport&) {
  if (state_ == State::waiting && --plain_left_ == 0) begin(trainer);
  if (!profile_ && !trainer.measured_steps().empty()) {
    profile_.emplace(*trainer.step(), *options_.peaks);
  }
}

void Profiler::on_epoch_end(Trainer& trainer, const EpochReport&) {
  finish(trainer);
}

void Profiler::on_train_end(Trainer& trainer) {
  finish(trainer);
}

void Profiler::finish(Trainer& trainer) {
  if (state_ != State::measuring || !profile_) return;
  state_ = State::done;
  const std::vector<StepTimes> steps = trainer.measured_steps();
  trainer.measure_steps(0);
  for (const StepTimes& step : steps) profile_->add(step.nodes);
  report(*profile_, steps, trace_);
}

}  // namespace lathe::train
