#include "core/cpu/filter_kernels.h"

#include <algorithm>

#include "core/augmentation/histogram.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/filter_kernels.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/functions.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// Channel c of pixel i is value i * channels + c: what differs between channels
// repeats with this period for the usual numbers of channels, in whole vectors.
constexpr std::int64_t kPeriod = 48;

HWY_INLINE Vector clipped(Vector x, Vector low, Vector high) {
  return hn::Min(hn::Max(x, low), high);
}

template <int kVectors>
HWY_INLINE void add_block(const WeightedRows& weighted, std::int64_t i,
                          Vector low, Vector high, float* out) {
  Vector sums[kVectors];
  for (auto& sum : sums) sum = all(0);
  for (int k = 0; k < weighted.count; ++k) {
    const Vector weight = all(weighted.weights[k]);
    const float* from = weighted.rows[k] + i;
    for (int v = 0; v < kVectors; ++v) {
      sums[v] =
          hn::MulAdd(hn::LoadU(Floats(), from + v * kLanes), weight, sums[v]);
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    hn::StoreU(clipped(sums[v], low, high), Floats(), out + i + v * kLanes);
  }
}

void add_all(const WeightedRows& weighted, std::int64_t count,
             const ValueRange& range, float* out) {
  constexpr int kVectors = 4;
  const Vector low = all(range.low);
  const Vector high = all(range.high);
  std::int64_t i = 0;
  for (; i + kVectors * kLanes <= count; i += kVectors * kLanes) {
    add_block<kVectors>(weighted, i, low, high, out);
  }
  for_vectors(i, count, [&](auto lanes, std::int64_t j) HWY_ATTR {
    Vector sum = all(0);
    for (int k = 0; k < weighted.count; ++k) {
      sum = hn::MulAdd(lanes.load(weighted.rows[k] + j),
                       all(weighted.weights[k]), sum);
    }
    lanes.store(clipped(sum, low, high), out + j);
  });
}

void bins(const float* values, std::int64_t count, const ValueRange& range,
          std::uint8_t* out) {
  const float low = range.low;
  const float scale = 255.0F / (range.high - range.low);
  for (std::int64_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::uint8_t>(bin_of(values[i], low, scale));
  }
}

void blend(const TableRow& row, const ValueRange& range, float* values) {
  const ValueRange limits = range;
  const std::int64_t channels = row.channels;
  for (std::int64_t x = 0; x < row.pixels;) {
    // Pixels between the middles of the same tiles.
    const TilePlace& place = row.columns[x];
    std::int64_t end = x + 1;
    while (end < row.pixels && row.columns[end].first == place.first &&
           row.columns[end].second == place.second) {
      ++end;
    }
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t first = place.first * channels + c;
      const std::int64_t second = place.second * channels + c;
      const float* p00 = row.upper[first].data();
      const float* p01 = row.upper[second].data();
      const float* p10 = row.lower[first].data();
      const float* p11 = row.lower[second].data();
      for (std::int64_t k = x; k < end; ++k) {
        const std::int64_t i = k * channels + c;
        const std::size_t bin = row.bins[i];
        values[i] =
            of_byte(between_tables(p00[bin], p01[bin], p10[bin], p11[bin],
                                   row.columns[k].part, row.part),
                    limits);
      }
    }
    x = end;
  }
}

void extremes(const ColorRow& row, float* lows, float* highs) {
  const std::int64_t count = row.pixels * row.channels;
  std::int64_t i = 0;
  if (kPeriod % row.channels == 0 && count >= kPeriod) {
    constexpr std::int64_t kVectors = kPeriod / kLanes;
    Vector lowest[kVectors];
    Vector highest[kVectors];
    for (std::int64_t v = 0; v < kVectors; ++v) {
      lowest[v] = hn::LoadU(Floats(), row.values + v * kLanes);
      highest[v] = lowest[v];
    }
    for (i = kPeriod; i + kPeriod <= count; i += kPeriod) {
      for (std::int64_t v = 0; v < kVectors; ++v) {
        const Vector value = hn::LoadU(Floats(), row.values + i + v * kLanes);
        lowest[v] = hn::Min(lowest[v], value);
        highest[v] = hn::Max(highest[v], value);
      }
    }
    alignas(64) float low[kPeriod];
    alignas(64) float high[kPeriod];
    for (std::int64_t v = 0; v < kVectors; ++v) {
      hn::Store(lowest[v], Floats(), low + v * kLanes);
      hn::Store(highest[v], Floats(), high + v * kLanes);
    }
    for (std::int64_t j = 0; j < kPeriod; ++j) {
      const std::int64_t c = j % row.channels;
      lows[c] = std::min(lows[c], low[j]);
      highs[c] = std::max(highs[c], high[j]);
    }
  }
  for (; i < count; ++i) {
    const std::int64_t c = i % row.channels;
    lows[c] = std::min(lows[c], row.values[i]);
    highs[c] = std::max(highs[c], row.values[i]);
  }
}

void stretch(const ColorRow& row, const float* lows, const float* scales,
             const ValueRange& range) {
  const ValueRange limits = range;
  const std::int64_t count = row.pixels * row.channels;
  std::int64_t i = 0;
  if (kPeriod % row.channels == 0) {
    alignas(64) float low[kPeriod];
    alignas(64) float scale[kPeriod];
    for (std::int64_t j = 0; j < kPeriod; ++j) {
      low[j] = lows[j % row.channels];
      scale[j] = scales[j % row.channels];
    }
    for (; i + kPeriod <= count; i += kPeriod) {
      float* HWY_RESTRICT values = row.values + i;
      for (std::int64_t j = 0; j < kPeriod; ++j) {
        values[j] = clip(multiply_add(values[j] - low[j], scale[j], limits.low),
                         limits);
      }
    }
  }
  for (; i < count; ++i) {
    const std::int64_t c = i % row.channels;
    row.values[i] = clip(
        multiply_add(row.values[i] - lows[c], scales[c], limits.low), limits);
  }
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(add_all);
HWY_EXPORT(bins);
HWY_EXPORT(blend);
HWY_EXPORT(extremes);
HWY_EXPORT(stretch);

void add_rows(const WeightedRows& weighted, std::int64_t count,
              const ValueRange& range, float* out) {
  HWY_DYNAMIC_DISPATCH(add_all)(weighted, count, range, out);
}

void find_bins(const float* values, std::int64_t count, const ValueRange& range,
               std::uint8_t* bins) {
  HWY_DYNAMIC_DISPATCH(bins)(values, count, range, bins);
}

void blend_tables(const TableRow& row, const ValueRange& range, float* values) {
  HWY_DYNAMIC_DISPATCH(blend)(row, range, values);
}

void add_extremes(const ColorRow& row, float* lows, float* highs) {
  HWY_DYNAMIC_DISPATCH(extremes)(row, lows, highs);
}

void stretch_row(const ColorRow& row, const float* lows, const float* scales,
                 const ValueRange& range) {
  HWY_DYNAMIC_DISPATCH(stretch)(row, lows, scales, range);
}

}  // namespace lathe::cpu
#endif
