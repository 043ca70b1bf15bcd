// A pixel's channels in blocks of vectors. Compiled once a target, as
// core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_CHANNEL_BLOCKS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_CHANNEL_BLOCKS_H_
#undef LATHE_CORE_CPU_CHANNEL_BLOCKS_H_
#else
#define LATHE_CORE_CPU_CHANNEL_BLOCKS_H_
#endif

#include <type_traits>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

/// Calls f(lanes, vectors, c) for the channels from c on, `vectors` (an
/// integral_constant) of them at a time, held in registers together. The last
/// may overlap the one before, so f must not change what it reads.
template <class F>
HWY_INLINE void for_channel_blocks(std::int64_t channels, F&& f) {
  std::int64_t c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes) {
    f(Whole(), std::integral_constant<std::int64_t, 4>(), c);
  }
  if (c + 2 * kLanes <= channels) {
    f(Whole(), std::integral_constant<std::int64_t, 2>(), c);
    c += 2 * kLanes;
  }
  if (c + kLanes <= channels) {
    f(Whole(), std::integral_constant<std::int64_t, 1>(), c);
    c += kLanes;
  }
  if (c < channels && channels >= kLanes) {
    f(Whole(), std::integral_constant<std::int64_t, 1>(), channels - kLanes);
  } else if (c < channels) {
    f(Part(channels), std::integral_constant<std::int64_t, 1>(), 0);
  }
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
