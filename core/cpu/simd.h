// What the kernels written with Google Highway share. A file of such kernels
// is compiled once a target, and so is this: the guard is a toggle.
#if defined(LATHE_CORE_CPU_SIMD_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_SIMD_H_
#undef LATHE_CORE_CPU_SIMD_H_
#else
#define LATHE_CORE_CPU_SIMD_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "core/bfloat16.h"
#include "core/cpu/requirements.h"
#include "core/parallel.h"

/// Defines make(graph::Operation, Signature) as `function` of the best target.
#undef LATHE_CPU_KERNEL
#define LATHE_CPU_KERNEL(Operation, function)                                  \
  HWY_EXPORT(function);                                                        \
  Kernel make(const graph::Operation& operation, const Signature& signature) { \
    return HWY_DYNAMIC_DISPATCH(function)(operation, signature);               \
  }

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Rows of at least this many floats, a multiple of it long, need no tail on
/// any target.
inline constexpr std::int64_t kMostLanes = 16;

using Floats = hn::CappedTag<float, kMostLanes>;
using Ints = hn::RebindToSigned<Floats>;
using Bytes = hn::Rebind<std::uint8_t, Floats>;
using Words = hn::Rebind<std::uint16_t, Floats>;
using Vector = hn::Vec<Floats>;
using IntVector = hn::Vec<Ints>;

inline constexpr std::int64_t kLanes = hn::MaxLanes(Floats());

/// Whether this target's kernels take values that are bfloat16 as they are.
/// Each such kernel is compiled once more, so only where there may be
/// instructions for it: with AVX-512.
inline constexpr bool kTakesBfloat16 = kLanes == kMostLanes;

/// f(T()) with T the elements of `spec`, float or BFloat16. Throws where this
/// target computes with others only.
template <class F>
auto with_element(std::string_view operation, const TensorSpec& spec, F&& f) {
  if constexpr (kTakesBfloat16) {
    if (spec.dtype == DType::bfloat16) return f(BFloat16());
  }
  require_float32(operation, spec);
  return f(float());
}

HWY_INLINE Vector all(float value) {
  return hn::Set(Floats(), value);
}

/// As BFloat16 rounds, by the processor's instruction for it. Highway 1.0 knows
/// none, and has no target whose functions could call its intrinsic.
HWY_INLINE hn::Vec<Words> round_to_bfloat16(Vector value) {
#if HWY_TARGET == HWY_AVX3 && HWY_COMPILER_GCC_ACTUAL
  hn::Vec<Words> bits;
  asm("vcvtneps2bf16 %1, %0" : "=v"(bits.raw) : "v"(value.raw));
  return bits;
#else
  const hn::RebindToUnsigned<Floats> wide;
  const auto bits = hn::BitCast(wide, value);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(wide, 1));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(wide, 0x7FFF)));
  const auto quiet = hn::Or(bits, hn::Set(wide, 0x400000));
  const auto is_nan = hn::RebindMask(wide, hn::IsNaN(value));
  return hn::TruncateTo(
      Words(), hn::ShiftRight<16>(hn::IfThenElse(is_nan, quiet, rounded)));
#endif
}

HWY_INLINE Vector from_bfloat16(hn::Vec<Words> bits) {
  const hn::RebindToUnsigned<Floats> wide;
  return hn::BitCast(Floats(), hn::ShiftLeft<16>(hn::PromoteTo(wide, bits)));
}

/// Access to a whole vector of memory. BFloat16 only where kTakesBfloat16, and
/// the processor has_bfloat16_instructions().
struct Whole {
  HWY_INLINE Vector load(const float* from) const {
    return hn::LoadU(Floats(), from);
  }
  HWY_INLINE void store(Vector value, float* to) const {
    hn::StoreU(value, Floats(), to);
  }
  HWY_INLINE Vector load(const BFloat16* from) const {
    return from_bfloat16(hn::LoadU(Words(), &from->bits));
  }
  HWY_INLINE void store(Vector value, BFloat16* to) const {
    hn::StoreU(round_to_bfloat16(value), Words(), &to->bits);
  }
  HWY_INLINE void stream(Vector value, float* to) const {
    hn::Stream(value, Floats(), to);
  }
  HWY_INLINE void stream(Vector value, BFloat16* to) const {
    hn::Stream(round_to_bfloat16(value), Words(), &to->bits);
  }
  HWY_INLINE Vector keep(Vector value) const { return value; }
  HWY_INLINE Vector keep_or(Vector value, Vector) const { return value; }
  HWY_INLINE IntVector load(const std::uint8_t* from) const {
    return hn::PromoteTo(Ints(), hn::LoadU(Bytes(), from));
  }
  HWY_INLINE void store(IntVector value, std::uint8_t* to) const {
    hn::StoreU(hn::DemoteTo(Bytes(), value), Bytes(), to);
  }
};

/// Access to the first `count` lanes; the others read as zero.
class Part {
 public:
  HWY_INLINE explicit Part(std::int64_t count)
      : count_(count),
        mask_(hn::FirstN(Floats(), static_cast<std::size_t>(count))) {}

  HWY_INLINE Vector load(const float* from) const {
    return hn::MaskedLoad(mask_, Floats(), from);
  }
  HWY_INLINE void store(Vector value, float* to) const {
    hn::BlendedStore(value, mask_, Floats(), to);
  }
  HWY_INLINE Vector load(const BFloat16* from) const {
    return from_bfloat16(hn::MaskedLoad(word_mask(), Words(), &from->bits));
  }
  HWY_INLINE void store(Vector value, BFloat16* to) const {
    hn::BlendedStore(round_to_bfloat16(value), word_mask(), Words(), &to->bits);
  }
  template <class T>
  HWY_INLINE void stream(Vector value, T* to) const {
    store(value, to);
  }
  HWY_INLINE Vector keep(Vector value) const {
    return hn::IfThenElseZero(mask_, value);
  }
  HWY_INLINE Vector keep_or(Vector value, Vector other) const {
    return hn::IfThenElse(mask_, value, other);
  }
  HWY_INLINE IntVector load(const std::uint8_t* from) const {
    alignas(64) std::uint8_t bytes[kMostLanes] = {};
    std::copy_n(from, std::min(count_, kLanes), bytes);
    return Whole().load(bytes);
  }
  HWY_INLINE void store(IntVector value, std::uint8_t* to) const {
    alignas(64) std::uint8_t bytes[kMostLanes];
    Whole().store(value, bytes);
    std::copy_n(bytes, count_, to);
  }

 private:
  HWY_INLINE hn::Mask<Words> word_mask() const {
    return hn::FirstN(Words(), static_cast<std::size_t>(count_));
  }

  std::int64_t count_;
  hn::Mask<Floats> mask_;
};

/// Memory that a kernel writes once, in rows of `row` elements and without
/// reading it. What is too large to stay in a cache until it is read goes past
/// the caches, which saves loading it only to overwrite it.
template <class T>
class Output {
 public:
  Output(T* to, std::int64_t count, std::int64_t row) : to_(to) {
    constexpr std::int64_t kLeast = std::int64_t{1} << 22;
    const bool aligned = reinterpret_cast<std::uintptr_t>(to) % 64 == 0;
    streams_ = count >= kLeast && row % kMostLanes == 0 && aligned;
  }

  template <class Lanes>
  HWY_INLINE void store(Lanes lanes, Vector value, std::int64_t i) const {
    if (streams_) {
      lanes.stream(value, to_ + i);
    } else {
      lanes.store(value, to_ + i);
    }
  }
  /// To be called when a task ends: other threads see what it wrote.
  void finish() const {
    if (streams_) hwy::FlushStream();
  }

 private:
  T* to_;
  bool streams_;
};

/// Calls f(lanes, i) for the vectors of [begin, end), lanes a Whole or a Part.
template <class F>
HWY_INLINE void for_vectors(std::int64_t begin, std::int64_t end, F&& f) {
  std::int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) f(Whole(), i);
  if (i < end) f(Part(end - i), i);
}

/// The same for [0, count) on all threads.
template <class F>
void parallel_vectors(std::int64_t count, F&& f) {
  constexpr std::int64_t kGrain = 1024;
  const std::int64_t groups = (count + kMostLanes - 1) / kMostLanes;
  parallel_ranges(
      groups, kGrain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
        for_vectors(begin * kMostLanes, std::min(count, end * kMostLanes), f);
      });
}

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
