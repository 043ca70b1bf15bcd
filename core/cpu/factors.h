// Vectors of what is multiplied and summed: floats one by one, BFloat16 in
// pairs of neighbours, as processors multiply them. Compiled once a target, as
// core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_FACTORS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_FACTORS_H_
#undef LATHE_CORE_CPU_FACTORS_H_
#else
#define LATHE_CORE_CPU_FACTORS_H_
#endif

#include <cstring>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

HWY_INLINE Vector plus_product(Vector a, Vector b, Vector sum) {
  return hn::MulAdd(a, b, sum);
}

/// Access to vectors of kCount values of type T in memory, of which kTogether
/// are multiplied into each sum.
template <class T>
struct Factors {
  static constexpr std::int64_t kCount = kLanes;
  static constexpr std::int64_t kTogether = 1;
  static Whole whole() { return {}; }
  static Part part(std::int64_t count) { return Part(count); }
  /// A vector of the first kTogether values over and over.
  static HWY_INLINE Vector repeat(const T* from) { return all(*from); }
  /// kTogether vectors, each with its share of kCount values.
  static HWY_INLINE void store(const Vector (&values)[1], T* to) {
    Whole().store(values[0], to);
  }
};

// A target of single values has no pairs.
#if HWY_TARGET != HWY_SCALAR

using BFloat16Pairs = hn::Repartition<std::uint16_t, Floats>;

/// A whole vector of pairs of BFloat16.
struct WholePairs {
  HWY_INLINE hn::Vec<BFloat16Pairs> load(const BFloat16* from) const {
    return hn::LoadU(BFloat16Pairs(), &from->bits);
  }
};

/// The first `count` BFloat16 of such a vector; the others read as zero.
class PartPairs {
 public:
  HWY_INLINE explicit PartPairs(std::int64_t count)
      : mask_(hn::FirstN(BFloat16Pairs(), static_cast<std::size_t>(count))) {}

  HWY_INLINE hn::Vec<BFloat16Pairs> load(const BFloat16* from) const {
    return hn::MaskedLoad(mask_, BFloat16Pairs(), &from->bits);
  }

 private:
  hn::Mask<BFloat16Pairs> mask_;
};

/// The products of both of a pair; by the processor's instruction, as
/// round_to_bfloat16().
HWY_INLINE Vector plus_product(hn::Vec<BFloat16Pairs> a,
                               hn::Vec<BFloat16Pairs> b, Vector sum) {
#if HWY_TARGET == HWY_AVX3 && HWY_COMPILER_GCC_ACTUAL
  asm("vdpbf16ps %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
  return sum;
#else
  const hn::RebindToUnsigned<Floats> wide;
  const auto first = [=](hn::Vec<BFloat16Pairs> pairs) HWY_ATTR {
    return hn::BitCast(Floats(), hn::ShiftLeft<16>(hn::BitCast(wide, pairs)));
  };
  const auto second = [=](hn::Vec<BFloat16Pairs> pairs) HWY_ATTR {
    return hn::BitCast(Floats(), hn::And(hn::BitCast(wide, pairs),
                                         hn::Set(wide, 0xFFFF0000U)));
  };
  return hn::MulAdd(second(a), second(b), hn::MulAdd(first(a), first(b), sum));
#endif
}

template <>
struct Factors<BFloat16> {
  static constexpr std::int64_t kCount = 2 * kLanes;
  static constexpr std::int64_t kTogether = 2;
  static WholePairs whole() { return {}; }
  static PartPairs part(std::int64_t count) { return PartPairs(count); }
  static HWY_INLINE hn::Vec<BFloat16Pairs> repeat(const BFloat16* from) {
    std::uint32_t pair = 0;
    std::memcpy(&pair, from, sizeof pair);
    return hn::BitCast(BFloat16Pairs(),
                       hn::Set(hn::RebindToUnsigned<Floats>(), pair));
  }
  static HWY_INLINE void store(const Vector (&values)[2], BFloat16* to) {
    const hn::RebindToUnsigned<Floats> wide;
    const auto low = hn::PromoteTo(wide, round_to_bfloat16(values[0]));
    const auto high = hn::PromoteTo(wide, round_to_bfloat16(values[1]));
    const auto pairs = hn::Or(low, hn::ShiftLeft<16>(high));
    hn::StoreU(hn::BitCast(BFloat16Pairs(), pairs), BFloat16Pairs(), &to->bits);
  }
};

#endif

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
