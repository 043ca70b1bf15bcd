#include <algorithm>
#include <array>
#include <cmath>

#include "core/cpu/kernels.h"
#include "core/cpu/weight_pieces.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/optimizer.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

constexpr std::size_t kMostSlots = 3;
using Slots = std::array<float*, kMostSlots>;

// The rules: what is the same for all elements of a weight, and what becomes
// of w with the gradient g.

struct AdamRule {
  AdamRule(const graph::Adam& o, double learning_rate, double t)
      : alpha(static_cast<float>(learning_rate *
                                 std::sqrt(1 - std::pow(o.beta_2, t)) /
                                 (1 - std::pow(o.beta_1, t)))),
        first(static_cast<float>(1 - o.beta_1)),
        second(static_cast<float>(1 - o.beta_2)),
        epsilon(static_cast<float>(o.epsilon)) {}

  template <class Lanes>
  HWY_INLINE Vector step(Lanes lanes, Vector w, Vector g, const Slots& slots,
                         std::int64_t i) const {
    Vector m = lanes.load(slots[0] + i);
    Vector v = lanes.load(slots[1] + i);
    m = hn::MulAdd(hn::Sub(g, m), all(first), m);
    v = hn::MulAdd(hn::Sub(hn::Mul(g, g), v), all(second), v);
    lanes.store(m, slots[0] + i);
    lanes.store(v, slots[1] + i);
    return hn::Sub(
        w, hn::Div(hn::Mul(all(alpha), m), hn::Add(hn::Sqrt(v), all(epsilon))));
  }

  float alpha;
  float first;
  float second;
  float epsilon;
};

struct SGDRule {
  SGDRule(const graph::SGD& o, double learning_rate, double)
      : rate(static_cast<float>(learning_rate)),
        momentum(static_cast<float>(o.momentum)),
        nesterov(o.nesterov) {}

  template <class Lanes>
  HWY_INLINE Vector step(Lanes lanes, Vector w, Vector g, const Slots& slots,
                         std::int64_t i) const {
    const Vector change = hn::Mul(g, all(rate));
    if (momentum == 0) return hn::Sub(w, change);
    const Vector m =
        hn::MulSub(lanes.load(slots[0] + i), all(momentum), change);
    lanes.store(m, slots[0] + i);
    return hn::Add(w, nesterov ? hn::MulSub(m, all(momentum), change) : m);
  }

  float rate;
  float momentum;
  bool nesterov;
};

struct RMSpropRule {
  RMSpropRule(const graph::RMSprop& o, double learning_rate, double)
      : rate(static_cast<float>(learning_rate)),
        rho(static_cast<float>(o.rho)),
        rest(static_cast<float>(1 - o.rho)),
        epsilon(static_cast<float>(o.epsilon)),
        momentum(static_cast<float>(o.momentum)),
        mean(o.centered ? o.slots() - 1 : 0) {}

  template <class Lanes>
  HWY_INLINE Vector step(Lanes lanes, Vector w, Vector g, const Slots& slots,
                         std::int64_t i) const {
    const auto move = [this, lanes, i](float* slot, Vector to) HWY_ATTR {
      const Vector value =
          hn::MulAdd(lanes.load(slot + i), all(rho), hn::Mul(to, all(rest)));
      lanes.store(value, slot + i);
      return value;
    };
    Vector d = move(slots[0], hn::Mul(g, g));
    if (mean != 0) {
      const Vector a = move(slots[mean], g);
      d = hn::NegMulAdd(a, a, d);
    }
    const Vector change =
        hn::Div(hn::Mul(all(rate), g), hn::Sqrt(hn::Add(d, all(epsilon))));
    if (momentum <= 0) return hn::Sub(w, change);
    const Vector m =
        hn::MulAdd(lanes.load(slots[1] + i), all(momentum), change);
    lanes.store(m, slots[1] + i);
    return hn::Sub(w, m);
  }

  float rate;
  float rho;
  float rest;
  float epsilon;
  float momentum;
  std::size_t mean;  // the slot of the gradients' average, or 0
};

struct LionRule {
  LionRule(const graph::Lion& o, double learning_rate, double)
      : rate(static_cast<float>(learning_rate)),
        beta_1(static_cast<float>(o.beta_1)),
        rest_1(static_cast<float>(1 - o.beta_1)),
        beta_2(static_cast<float>(o.beta_2)),
        rest_2(static_cast<float>(1 - o.beta_2)) {}

  template <class Lanes>
  HWY_INLINE Vector step(Lanes lanes, Vector w, Vector g, const Slots& slots,
                         std::int64_t i) const {
    const Vector m = lanes.load(slots[0] + i);
    // Two rounded products, as in Keras: where they cancel, the sign is zero.
    const Vector c = hn::Add(hn::Mul(m, all(beta_1)), hn::Mul(g, all(rest_1)));
    lanes.store(hn::MulAdd(m, all(beta_2), hn::Mul(g, all(rest_2))),
                slots[0] + i);
    const Vector zero = all(0);
    const Vector change = hn::IfThenElse(
        hn::Gt(c, zero), all(rate),
        hn::IfThenElse(hn::Lt(c, zero), all(-rate), hn::Mul(c, zero)));
    return hn::Sub(w, change);
  }

  float rate;
  float beta_1;
  float rest_1;
  float beta_2;
  float rest_2;
};

// What is done to the gradient and the weight before the rule.
struct Preparation {
  float steps = 1;
  float scale = 1;
  float clip = 0;
  float decay = 0;

  HWY_INLINE Vector gradient(Vector g) const {
    if (steps != 1) g = hn::Div(g, all(steps));
    if (scale != 1) g = hn::Mul(g, all(scale));
    if (clip > 0) {
      const Vector cut = hn::Min(hn::Max(g, all(-clip)), all(clip));
      g = hn::IfThenElse(hn::Eq(g, g), cut, g);
    }
    return g;
  }
  HWY_INLINE Vector weight(Vector w) const {
    return decay == 0 ? w : hn::NegMulAdd(w, all(decay), w);
  }
};

template <class Rule>
void update_piece(const Rule& rule, const Preparation& prepare,
                  std::int64_t begin, std::int64_t end, float* w,
                  const float* g, const Slots& slots) {
  for_vectors(begin, end, [&, w, g](auto lanes, std::int64_t i) HWY_ATTR {
    const Vector slope = prepare.gradient(lanes.load(g + i));
    const Vector start = prepare.weight(lanes.load(w + i));
    lanes.store(rule.step(lanes, start, slope, slots, i), w + i);
  });
}

bool decays(const graph::UpdateOptions& update, std::size_t weight) {
  return !std::binary_search(update.undecayed.begin(), update.undecayed.end(),
                             weight);
}

template <class Rule, class Operation>
Kernel make_update(const Operation& operation, const Signature& signature) {
  const graph::UpdateOptions& update = operation.update;
  const std::size_t first = update.scaled ? 3 : 2;
  const std::size_t slots = operation.slots();
  std::vector<Piece> pieces =
      pieces_of(operation.kName, signature, first, 2 + slots);
  return {.run = [operation, pieces, slots](const KernelArguments& arguments) {
    const graph::UpdateOptions& options = operation.update;
    const std::int64_t iteration = *arguments.input<std::int64_t>(0);
    const std::int64_t steps = options.accumulation_steps;
    if ((iteration + 1) % steps != 0) return;
    const double rate = *arguments.input<float>(1);
    run_pieces(pieces, [&](std::size_t i) {
      const Piece& piece = pieces[i];
      std::int64_t t = iteration / steps + 1;
      if (!options.joined_after.empty()) {
        t -= options.joined_after[piece.weight];
      }
      const Preparation prepare{
          .steps = static_cast<float>(steps),
          .scale =
              options.scaled ? arguments.input<float>(2)[piece.weight] : 1.0F,
          .clip = static_cast<float>(options.clip_value),
          .decay = decays(options, piece.weight)
                       ? static_cast<float>(options.weight_decay * rate)
                       : 0.0F};
      Slots memory{};
      for (std::size_t k = 0; k < slots; ++k) {
        memory[k] = arguments.written<float>(piece.input + 2 + k);
      }
      float* g = arguments.written<float>(piece.input + 1);
      update_piece(Rule(operation, rate, static_cast<double>(t)), prepare,
                   piece.begin, piece.end,
                   arguments.written<float>(piece.input), g, memory);
      if (steps > 1) std::fill(g + piece.begin, g + piece.end, 0.0F);
    });
  }};
}

Kernel make_adam(const graph::Adam& operation, const Signature& signature) {
  return make_update<AdamRule>(operation, signature);
}
Kernel make_sgd(const graph::SGD& operation, const Signature& signature) {
  return make_update<SGDRule>(operation, signature);
}
Kernel make_rmsprop(const graph::RMSprop& operation,
                    const Signature& signature) {
  return make_update<RMSpropRule>(operation, signature);
}
Kernel make_lion(const graph::Lion& operation, const Signature& signature) {
  return make_update<LionRule>(operation, signature);
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(Adam, make_adam)
LATHE_CPU_KERNEL(SGD, make_sgd)
LATHE_CPU_KERNEL(RMSprop, make_rmsprop)
LATHE_CPU_KERNEL(Lion, make_lion)
}  // namespace lathe::cpu
#endif
