#include "core/cpu/noise_kernels.h"

#include "core/augmentation/noise.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/noise_kernels.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

using Words = hn::CappedTag<std::uint32_t, kMostLanes>;
using WordVector = hn::Vec<Words>;

// Word w of block first + j at [w][j].
struct WordGroup {
  alignas(64) std::uint32_t words[4][kNoiseGroup];
};

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void multiply(WordVector a, std::uint32_t b, WordVector& high,
                         WordVector& low) {
  const std::uint64_t product = std::uint64_t{b} * hn::GetLane(a);
  high = hn::Set(Words(), static_cast<std::uint32_t>(product >> 32));
  low = hn::Set(Words(), static_cast<std::uint32_t>(product));
}
#else
// The products of 64 bits in two halves. Vectors multiply every other lane.
HWY_INLINE void multiply(WordVector a, std::uint32_t b, WordVector& high,
                         WordVector& low) {
  const hn::RepartitionToWide<Words> wide;
  const WordVector factor = hn::Set(Words(), b);
  const WordVector above =
      hn::BitCast(Words(), hn::ShiftRight<32>(hn::BitCast(wide, a)));
  const auto even = hn::MulEven(a, factor);
  const auto odd = hn::MulEven(above, factor);
  high = hn::OddEven(hn::BitCast(Words(), odd),
                     hn::BitCast(Words(), hn::ShiftRight<32>(even)));
  low = hn::OddEven(hn::BitCast(Words(), hn::ShiftLeft<32>(odd)),
                    hn::BitCast(Words(), even));
}
#endif

// philox4x32() with key 0, a lane a block.
HWY_INLINE void find_words(std::uint32_t seed, std::uint32_t first,
                           WordGroup& group) {
  constexpr auto kStep = static_cast<std::uint32_t>(kLanes);
  const Words words;
  for (std::uint32_t i = 0; i < kNoiseGroup; i += kStep) {
    const auto start = noise_counter(seed, first + i);
    WordVector c0 = hn::Iota(words, start[0]);
    WordVector c1 = hn::Set(words, start[1]);
    WordVector c2 = hn::Set(words, start[2]);
    WordVector c3 = hn::Set(words, start[3]);
    std::uint32_t key0 = 0;
    std::uint32_t key1 = 0;
    for (int round = 0; round < 10; ++round) {
      WordVector high0;
      WordVector low0;
      WordVector high2;
      WordVector low2;
      multiply(c0, 0xD2511F53, high0, low0);
      multiply(c2, 0xCD9E8D57, high2, low2);
      c0 = hn::Xor(hn::Xor(high2, c1), hn::Set(words, key0));
      c1 = low2;
      c2 = hn::Xor(hn::Xor(high0, c3), hn::Set(words, key1));
      c3 = low0;
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
    hn::Store(c0, words, group.words[0] + i);
    hn::Store(c1, words, group.words[1] + i);
    hn::Store(c2, words, group.words[2] + i);
    hn::Store(c3, words, group.words[3] + i);
  }
}

void words(const NoiseBlocks& blocks, std::uint32_t* out) {
  WordGroup group;
  for (std::uint32_t i = 0; i < blocks.count; i += kNoiseGroup) {
    find_words(blocks.seed, blocks.first + i, group);
    for (std::uint32_t j = 0; j < kNoiseGroup; ++j) {
      for (int w = 0; w < 4; ++w) out[4 * (i + j) + w] = group.words[w][j];
    }
  }
}

HWY_INLINE Vector unit(WordVector word) {
  const auto whole = hn::BitCast(Ints(), hn::ShiftRight<8>(word));
  return hn::Mul(hn::ConvertTo(Floats(), whole), all(0x1p-24F));
}

// Cosine and sine of a part of a turn within [0, 1): of what is left to the
// nearest quarter by the polynomials of Cephes' sinf and cosf, within 1e-7.
HWY_INLINE void turn(Vector part, Vector& cosine, Vector& sine) {
  const Vector quarters = hn::Mul(part, all(4));
  const Vector whole = hn::Round(quarters);
  const Vector x = hn::Mul(hn::Sub(quarters, whole), all(1.57079632679F));
  const Vector xx = hn::Mul(x, x);
  Vector s = hn::MulAdd(xx, all(-1.9515295891e-4F), all(8.3321608736e-3F));
  s = hn::MulAdd(s, xx, all(-1.6666654611e-1F));
  s = hn::MulAdd(hn::Mul(s, xx), x, x);
  Vector c =
      hn::MulAdd(xx, all(2.443315711809948e-5F), all(-1.388731625493765e-3F));
  c = hn::MulAdd(c, xx, all(4.166664568298827e-2F));
  c = hn::MulAdd(hn::Mul(c, xx), xx, hn::NegMulAdd(xx, all(0.5F), all(1)));
  const IntVector quarter = hn::ConvertTo(Ints(), whole);
  const auto odd = hn::RebindMask(
      Floats(), hn::Ne(hn::And(quarter, hn::Set(Ints(), 1)), hn::Zero(Ints())));
  // Quarters 1 and 2 have negative cosines, 2 and 3 negative sines.
  const IntVector two = hn::Set(Ints(), 2);
  const Vector cosine_sign = hn::BitCast(
      Floats(),
      hn::ShiftLeft<30>(hn::And(hn::Add(quarter, hn::Set(Ints(), 1)), two)));
  const Vector sine_sign =
      hn::BitCast(Floats(), hn::ShiftLeft<30>(hn::And(quarter, two)));
  cosine = hn::Xor(hn::IfThenElse(odd, s, c), cosine_sign);
  sine = hn::Xor(hn::IfThenElse(odd, c, s), sine_sign);
}

HWY_INLINE void normal_pair(WordVector first, WordVector second, Vector& one,
                            Vector& other) {
  const Vector rest = hn::Sub(all(1), unit(first));
  const Vector radius = hn::Sqrt(hn::Mul(all(-2), hn::Log(Floats(), rest)));
  turn(unit(second), one, other);
  one = hn::Mul(radius, one);
  other = hn::Mul(radius, other);
}

void normals(const NoiseBlocks& blocks, float* out) {
  WordGroup group;
  for (std::uint32_t i = 0; i < blocks.count; i += kNoiseGroup) {
    find_words(blocks.seed, blocks.first + i, group);
    for (std::int64_t j = 0; j < std::int64_t{kNoiseGroup}; j += kLanes) {
      const auto word = [&](int w) HWY_ATTR {
        return hn::Load(Words(), group.words[w] + j);
      };
      Vector normal[4];
      normal_pair(word(0), word(1), normal[0], normal[1]);
      normal_pair(word(2), word(3), normal[2], normal[3]);
      hn::StoreInterleaved4(normal[0], normal[1], normal[2], normal[3],
                            Floats(), out + 4 * (i + j));
    }
  }
}

void noise(const float* normals, float deviation, std::int64_t count,
           const ValueRange& range, float* values) {
  const ValueRange limits = range;
  for (std::int64_t i = 0; i < count; ++i) {
    values[i] = clip(multiply_add(deviation, normals[i], values[i]), limits);
  }
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(words);
HWY_EXPORT(normals);
HWY_EXPORT(noise);

void fill_words(const NoiseBlocks& blocks, std::uint32_t* words) {
  HWY_DYNAMIC_DISPATCH(words)(blocks, words);
}

void fill_normals(const NoiseBlocks& blocks, float* normals) {
  HWY_DYNAMIC_DISPATCH(normals)(blocks, normals);
}

void add_noise(const float* normals, float deviation, std::int64_t count,
               const ValueRange& range, float* values) {
  HWY_DYNAMIC_DISPATCH(noise)(normals, deviation, count, range, values);
}

}  // namespace lathe::cpu
#endif
