#include "core/image/blend.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/image/blend.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace lathe::image::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Ints = hn::CappedTag<std::int32_t, 4>;

void rows(const std::uint8_t* above, const std::uint8_t* below,
          std::uint32_t weight, std::span<std::uint16_t> line) {
  const hn::ScalableTag<std::uint16_t> lanes;
  const hn::Rebind<std::uint8_t, decltype(lanes)> bytes;
  const auto more = static_cast<std::uint16_t>(weight);
  const auto rest = static_cast<std::uint16_t>(256 - weight);
  std::size_t i = 0;
  for (; i + hn::Lanes(lanes) <= line.size(); i += hn::Lanes(lanes)) {
    const auto upper = hn::PromoteTo(lanes, hn::LoadU(bytes, above + i));
    const auto lower = hn::PromoteTo(lanes, hn::LoadU(bytes, below + i));
    hn::StoreU(hn::Add(hn::Mul(upper, hn::Set(lanes, rest)),
                       hn::Mul(lower, hn::Set(lanes, more))),
               lanes, &line[i]);
  }
  for (; i < line.size(); ++i) {
    line[i] = static_cast<std::uint16_t>(above[i] * rest + below[i] * more);
  }
}

template <std::int64_t kChannels>
void pixel(const Tap& tap, const std::uint16_t* line, std::uint8_t* to) {
  for (std::int64_t c = 0; c < kChannels; ++c) {
    const std::uint32_t left = line[tap.low * kChannels + c];
    const std::uint32_t right = line[tap.high * kChannels + c];
    to[c] = static_cast<std::uint8_t>(
        (left * (256 - tap.weight) + right * tap.weight + 32768) >> 16);
  }
}

// A pixel a vector of four lanes, of which three may count: what the fourth
// writes, the next pixel overwrites, so the last one is on its own.
template <std::int64_t kChannels>
void columns(std::span<const Tap> taps, const std::uint16_t* line,
             std::uint8_t* to) {
  const Ints ints;
  const hn::Rebind<std::uint16_t, Ints> words;
  const hn::Rebind<std::uint8_t, Ints> bytes;
  const auto half = hn::Set(ints, 32768);
  // A processor without vectors has one lane.
  const std::size_t wide = hn::MaxLanes(ints) == 4 ? taps.size() - 1 : 0;
  for (const Tap& tap : taps.first(wide)) {
    const auto left =
        hn::PromoteTo(ints, hn::LoadU(words, line + tap.low * kChannels));
    const auto right =
        hn::PromoteTo(ints, hn::LoadU(words, line + tap.high * kChannels));
    const auto weight = hn::Set(ints, static_cast<std::int32_t>(tap.weight));
    const auto sum = hn::Add(hn::Add(hn::ShiftLeft<8>(left), half),
                             hn::Mul(hn::Sub(right, left), weight));
    hn::StoreU(hn::DemoteTo(bytes, hn::ShiftRight<16>(sum)), bytes, to);
    to += kChannels;
  }
  for (const Tap& tap : taps.subspan(wide)) {
    pixel<kChannels>(tap, line, to);
    to += kChannels;
  }
}

void columns_of(std::span<const Tap> taps, const std::uint16_t* line,
                std::int64_t channels, std::uint8_t* to) {
  if (channels == 3) return columns<3>(taps, line, to);
  if (channels == 4) return columns<4>(taps, line, to);
  for (const Tap& tap : taps) pixel<1>(tap, line, to++);
}

}  // namespace
}  // namespace lathe::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::image {

HWY_EXPORT(rows);
HWY_EXPORT(columns_of);

void blend_rows(const std::uint8_t* above, const std::uint8_t* below,
                std::uint32_t weight, std::span<std::uint16_t> line) {
  HWY_DYNAMIC_DISPATCH(rows)(above, below, weight, line);
}

void blend_columns(std::span<const Tap> taps, const std::uint16_t* line,
                   std::int64_t channels, std::uint8_t* to) {
  HWY_DYNAMIC_DISPATCH(columns_of)(taps, line, channels, to);
}

}  // namespace lathe::image
#endif
