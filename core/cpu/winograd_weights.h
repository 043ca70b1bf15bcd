// Weights brought to Winograd's points: see winograd.h. Compiled once a target,
// as functions.h is: the guard is a toggle.
#if defined(LATHE_CORE_CPU_WINOGRAD_WEIGHTS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_WINOGRAD_WEIGHTS_H_
#undef LATHE_CORE_CPU_WINOGRAD_WEIGHTS_H_
#else
#define LATHE_CORE_CPU_WINOGRAD_WEIGHTS_H_
#endif

#include "core/cpu/winograd_tiles.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// The weights of a convolution or, `backwards`, of its input gradient, which
/// windows of three over sources of `depth` channels read to make targets of
/// `width`.
template <class Tiles>
struct WinogradWeights {
  using Product = typename Tiles::Product;
  static constexpr std::int64_t kPoints = Tiles::kPoints;
  static constexpr std::int64_t kPlanes = Tiles::kPlanes;
  static constexpr std::int64_t kTogether = Factors<Product>::kTogether;

  Phases phases;
  std::int64_t depth;
  std::int64_t width;
  bool backwards;

  std::int64_t count() const {
    return phases.count() * kPlanes * depth * width;
  }
  /// Where those of all panels of a plane begin.
  std::int64_t at(std::int64_t phase, std::int64_t plane) const {
    return (phase * kPlanes + plane) * depth * width;
  }

  /// The window meets a source in reverse on the way back.
  Taps rows(std::int64_t phase) const {
    const Taps taps = phases.rows(phase);
    return backwards ? taps.reversed() : taps;
  }
  Taps columns(std::int64_t phase) const {
    const Taps taps = phases.columns(phase);
    return backwards ? taps.reversed() : taps;
  }

  /// Those of a panel of the width, which begin depth * kPanel elements behind
  /// those before: kPanel for each k or, where several are multiplied together,
  /// that many of kPanel, from `w` as the convolution has them.
  template <class T>
  void transform(const T* w, std::int64_t phase, std::int64_t panel,
                 Product* u) const {
    const std::int64_t plane = depth * width;
    Product* to_panel = u + at(phase, 0) + panel * depth * kPanel;
    alignas(64) float taps[3][3][kPanel] = {};
    for (std::int64_t k = 0; k < depth; k += kTogether) {
      Vector points[kVectors][kPlanes][kTogether];
      for (std::int64_t t = 0; t < kTogether; ++t) {
        read_taps(w, phase, panel * kPanel, k + t, taps);
        for (std::int64_t v = 0; v < kVectors; ++v) {
          on_both_sides<3, kPoints>(
              [](const Vector* g, Vector* line)
                  HWY_ATTR { Tiles::weights_at_points(g, line); },
              [&](std::int64_t i, std::int64_t j) HWY_ATTR {
                return hn::LoadU(Floats(), taps[i][j] + v * kLanes);
              },
              [&](std::int64_t i, std::int64_t j, Vector value)
                  HWY_ATTR { points[v][i * kPoints + j][t] = value; });
        }
      }
      for (std::int64_t v = 0; v < kVectors; ++v) {
        for (std::int64_t p = 0; p < kPlanes; ++p) {
          Factors<Product>::store(
              points[v][p],
              to_panel + p * plane + k * kPanel + v * Factors<Product>::kCount);
        }
      }
    }
  }

 private:
  // The weights between channel k of a source and kPanel of a target from c on.
  template <class T>
  void read_taps(const T* w, std::int64_t phase, std::int64_t c, std::int64_t k,
                 float (&taps)[3][3][kPanel]) const {
    const Taps row_taps = rows(phase);
    const Taps column_taps = columns(phase);
    const std::int64_t side = phases.step + 2;
    const std::int64_t k_step = backwards ? 1 : width;
    const std::int64_t c_step = backwards ? depth : 1;
    for (std::int64_t i = 0; i < 3; ++i) {
      for (std::int64_t j = 0; j < 3; ++j) {
        const auto row = row_taps.at[static_cast<std::size_t>(i)];
        const auto column = column_taps.at[static_cast<std::size_t>(j)];
        if (row == Taps::kNone || column == Taps::kNone) continue;
        const T* tap =
            w + (row * side + column) * depth * width + k * k_step + c * c_step;
        for (std::int64_t p = 0; p < kPanel; ++p) {
          taps[i][j][p] = tap[p * c_step];
        }
      }
    }
  }
};

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
