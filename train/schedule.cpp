#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/options.h"

namespace lathe::train {
namespace {

std::int64_t steps_or_rest(std::string_view schedule, std::int64_t steps,
                           std::int64_t rest) {
  if (steps > 0) return steps;
  if (rest <= 0) {
    fail("schedule ", schedule,
         ": over how many steps? It is to be said where "
         "fit() doesn't know");
  }
  return rest;
}

// From `from` to `to` along half a cosine.
double cosine(double from, double to, double part) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * part));
}

}  // namespace

double Cosine::factor(std::int64_t step, std::int64_t steps_of_run) const {
  if (step < warmup_steps) {
    const double part =
        static_cast<double>(step) / static_cast<double>(warmup_steps);
    return initial + (1 - initial) * part;
  }
  const std::int64_t steps =
      steps_or_rest(kName, decay_steps,
                    std::max<std::int64_t>(steps_of_run - warmup_steps,
                                           steps_of_run > 0 ? 1 : 0));
  const std::int64_t done = std::min(step - warmup_steps, steps);
  return cosine(1, alpha,
                static_cast<double>(done) / static_cast<double>(steps));
}

double Step::factor(std::int64_t step, std::int64_t) const {
  const auto passed =
      std::count_if(boundaries.begin(), boundaries.end(),
                    [step](std::int64_t boundary) { return step > boundary; });
  return std::pow(gamma, static_cast<double>(passed));
}

double OneCycle::factor(std::int64_t step, std::int64_t steps_of_run) const {
  const std::int64_t steps = steps_or_rest(kName, total_steps, steps_of_run);
  const double first = 1 / div_factor;
  const double last = first / final_div_factor;
  const auto end = static_cast<double>(std::max<std::int64_t>(steps - 1, 1));
  const double top = pct_start * static_cast<double>(steps) - 1;
  const double at = std::min(static_cast<double>(step), end);
  if (at <= top) return cosine(first, 1, at / top);
  return cosine(1, last, (at - top) / (end - top));
}

double factor(const Schedule& schedule, std::int64_t step,
              std::int64_t steps_of_run) {
  return std::visit([&](const auto& s) { return s.factor(step, steps_of_run); },
                    schedule);
}

Schedule schedule_from(std::string_view text) {
  return from_text<Schedule>("schedule", text);
}

std::string to_text(const Schedule& schedule) {
  return std::visit([](const auto& s) { return text_of(s); }, schedule);
}

}  // namespace lathe::train
