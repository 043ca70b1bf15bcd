#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lathe::train {

// Schedules: what the optimizer's learning rate is multiplied with at a step,
// counted from 0. Where a number of steps is 0, it is what is left of the run
// that fit() was called for. `visit` names the options for texts, the most
// important one first.

/// The learning rate as it is.
struct Constant {
  static constexpr std::string_view kName = "constant";

  double factor(std::int64_t, std::int64_t) const { return 1; }
  template <class Self, class F>
  static void visit(Self&, F&&) {}
};

/// keras.optimizers.schedules.CosineDecay (Loshchilov and Hutter, 2017) with
/// the optimizer's learning rate as its warmup_target: a line from `initial`
/// over warmup_steps, then half a cosine down to `alpha` over decay_steps.
struct Cosine {
  static constexpr std::string_view kName = "cosine";
  std::int64_t warmup_steps = 0;
  std::int64_t decay_steps = 0;
  double alpha = 0;
  double initial = 0;

  double factor(std::int64_t step, std::int64_t steps_of_run) const;
  template <class Self, class F>
  static void visit(Self& s, F&& f) {
    f("warmup_steps", s.warmup_steps);
    f("decay_steps", s.decay_steps);
    f("alpha", s.alpha);
    f("initial", s.initial);
  }
};

/// Multiplied with `gamma` after each of the boundaries, as
/// keras.optimizers.schedules.PiecewiseConstantDecay: step == boundary still
/// has what was before.
struct Step {
  static constexpr std::string_view kName = "step";
  std::vector<std::int64_t> boundaries;
  double gamma = 0.1;

  double factor(std::int64_t step, std::int64_t steps_of_run) const;
  template <class Self, class F>
  static void visit(Self& s, F&& f) {
    f("boundaries", s.boundaries);
    f("gamma", s.gamma);
  }
};

/// Smith and Topin (2018), as torch.optim.lr_scheduler.OneCycleLR with its
/// cosines and the optimizer's learning rate as max_lr: from 1 / div_factor up
/// to 1 in the first pct_start of total_steps, then down to 1 / div_factor /
/// final_div_factor.
struct OneCycle {
  static constexpr std::string_view kName = "one_cycle";
  std::int64_t total_steps = 0;
  double pct_start = 0.3;
  double div_factor = 25;
  double final_div_factor = 1e4;

  double factor(std::int64_t step, std::int64_t steps_of_run) const;
  template <class Self, class F>
  static void visit(Self& s, F&& f) {
    f("total_steps", s.total_steps);
    f("pct_start", s.pct_start);
    f("div_factor", s.div_factor);
    f("final_div_factor", s.final_div_factor);
  }
};

using Schedule = std::variant<Constant, Cosine, Step, OneCycle>;

/// The factor at a step, in a run of so many steps in all. Throws Error where
/// the schedule needs that number and it is 0.
double factor(const Schedule& schedule, std::int64_t step,
              std::int64_t steps_of_run);

/// The schedule of a text such as "cosine(warmup_steps=100)", "step(boundaries=
/// 100:200,gamma=0.5)", "one_cycle" or "constant". Throws Error saying what
/// there is.
Schedule schedule_from(std::string_view text);
/// The text of which schedule_from makes the same.
std::string to_text(const Schedule& schedule);

}  // namespace lathe::train
