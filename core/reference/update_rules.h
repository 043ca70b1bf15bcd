#pragma once

#include <cmath>

#include "core/graph/operations/optimizer.h"
#include "core/philox.h"

namespace lathe::reference {

// What the optimizers do to one element of a weight, in the order of their
// formulas. The CUDA kernels compute with these, too. Each has:
//   step(rate, t)         what depends on the learning rate and on the number
//                         of the update
//   rule(w, g, kept, s)   the new w, with s = step; changes what is kept

struct AdamRule {
  double beta_1;
  double beta_2;
  double epsilon;
  int slots = 2;

  explicit AdamRule(const graph::Adam& o)
      : beta_1(o.beta_1), beta_2(o.beta_2), epsilon(o.epsilon) {}

  LATHE_HOST_DEVICE double step(double rate, double t) const {
    return rate * std::sqrt(1 - std::pow(beta_2, t)) /
           (1 - std::pow(beta_1, t));
  }
  template <class T>
  LATHE_HOST_DEVICE T rule(T w, T g, T* kept, double s) const {
    T& m = kept[0];
    T& v = kept[1];
    m += (g - m) * static_cast<T>(1 - beta_1);
    v += (g * g - v) * static_cast<T>(1 - beta_2);
    return w - static_cast<T>(s) * m / (std::sqrt(v) + static_cast<T>(epsilon));
  }
};

struct SGDRule {
  double momentum;
  bool nesterov;
  int slots;

  explicit SGDRule(const graph::SGD& o)
      : momentum(o.momentum),
        nesterov(o.nesterov),
        slots(static_cast<int>(o.slots())) {}

  LATHE_HOST_DEVICE double step(double rate, double) const { return rate; }
  template <class T>
  LATHE_HOST_DEVICE T rule(T w, T g, T* kept, double s) const {
    const T change = g * static_cast<T>(s);
    if (momentum == 0) return w - change;
    const auto share = static_cast<T>(momentum);
    T& m = kept[0];
    m = m * share - change;
    return w + (nesterov ? m * share - change : m);
  }
};

struct RMSpropRule {
  double rho;
  double momentum;
  double epsilon;
  bool centered;
  int slots;

  explicit RMSpropRule(const graph::RMSprop& o)
      : rho(o.rho),
        momentum(o.momentum),
        epsilon(o.epsilon),
        centered(o.centered),
        slots(static_cast<int>(o.slots())) {}

  LATHE_HOST_DEVICE double step(double rate, double) const { return rate; }
  template <class T>
  LATHE_HOST_DEVICE T rule(T w, T g, T* kept, double s) const {
    const auto old = static_cast<T>(rho);
    const auto rest = static_cast<T>(1 - rho);
    T& v = kept[0];
    v = old * v + rest * (g * g);
    T d = v;
    if (centered) {
      T& a = momentum > 0 ? kept[2] : kept[1];
      a = old * a + rest * g;
      d -= a * a;
    }
    const T change =
        static_cast<T>(s) * g / std::sqrt(d + static_cast<T>(epsilon));
    if (momentum <= 0) return w - change;
    T& m = kept[1];
    m = static_cast<T>(momentum) * m + change;
    return w - m;
  }
};

struct LionRule {
  double beta_1;
  double beta_2;
  int slots = 1;

  explicit LionRule(const graph::Lion& o)
      : beta_1(o.beta_1), beta_2(o.beta_2) {}

  LATHE_HOST_DEVICE double step(double rate, double) const { return rate; }
  template <class T>
  LATHE_HOST_DEVICE T rule(T w, T g, T* kept, double s) const {
    T& m = kept[0];
    const T c = m * static_cast<T>(beta_1) + g * static_cast<T>(1 - beta_1);
    m = m * static_cast<T>(beta_2) + g * static_cast<T>(1 - beta_2);
    const int sign = (c > 0 ? 1 : 0) - (c < 0 ? 1 : 0);
    return w - static_cast<T>(s) * static_cast<T>(sign);
  }
};

inline AdamRule rule_of(const graph::Adam& o) {
  return AdamRule(o);
}
inline SGDRule rule_of(const graph::SGD& o) {
  return SGDRule(o);
}
inline RMSpropRule rule_of(const graph::RMSprop& o) {
  return RMSpropRule(o);
}
inline LionRule rule_of(const graph::Lion& o) {
  return LionRule(o);
}

}  // namespace lathe::reference
