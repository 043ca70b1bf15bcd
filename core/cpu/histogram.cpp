#include "core/cpu/histogram.h"

#include <limits>
#include <vector>

#include "core/augmentation/histogram.h"
#include "core/cpu/filter_kernels.h"

namespace lathe::cpu {

namespace {

// What a thread keeps between images.
struct HistogramScratch {
  std::vector<float> lows;
  std::vector<float> scales;
  std::vector<std::uint8_t> bins;
  std::vector<Histogram> histograms;
  std::vector<ByteTable> tables;
  std::vector<TilePlace> columns;
};

HistogramScratch& scratch() {
  thread_local HistogramScratch memory;
  return memory;
}

const std::uint8_t* bins_of(const ValueRange& range, const FilterImage& image) {
  std::vector<std::uint8_t>& bins = scratch().bins;
  const auto size = static_cast<std::size_t>(image.size());
  if (bins.size() < size) bins.resize(size);
  find_bins(image.values, image.size(), range, bins.data());
  return bins.data();
}

// Counts the pixels of some columns of a row, two histograms a channel: a count
// that the pixel before has just changed would be waited for.
void count(const std::uint8_t* bins, std::int64_t pixels, std::int64_t channels,
           Histogram* histograms) {
  for (std::int64_t i = 0; i < pixels; ++i) {
    Histogram* own = histograms + i % 2 * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      ++own[c][bins[i * channels + c]];
    }
  }
}

// The first of the two becomes their sum.
void join(std::vector<Histogram>& histograms) {
  const std::size_t channels = histograms.size() / 2;
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      histograms[c][bin] += histograms[channels + c][bin];
    }
  }
}

}  // namespace

void autocontrast(const ValueRange& range, const FilterImage& image) {
  std::vector<float>& lows = scratch().lows;
  std::vector<float>& scales = scratch().scales;
  const auto channels = static_cast<std::size_t>(image.channels);
  lows.assign(channels, std::numeric_limits<float>::infinity());
  scales.assign(channels, -std::numeric_limits<float>::infinity());
  for (std::int64_t y = 0; y < image.height; ++y) {
    add_extremes({.values = image.row(y),
                  .pixels = image.width,
                  .channels = image.channels},
                 lows.data(), scales.data());
  }
  for (std::size_t c = 0; c < channels; ++c) {
    const bool flat = !(lows[c] < scales[c]);
    scales[c] = flat ? 1 : (range.high - range.low) / (scales[c] - lows[c]);
    if (flat) lows[c] = range.low;
  }
  for (std::int64_t y = 0; y < image.height; ++y) {
    stretch_row({.values = image.row(y),
                 .pixels = image.width,
                 .channels = image.channels},
                lows.data(), scales.data(), range);
  }
}

void equalize(const ValueRange& range, const FilterImage& image) {
  const std::uint8_t* bins = bins_of(range, image);
  const std::int64_t channels = image.channels;
  std::vector<Histogram>& histograms = scratch().histograms;
  histograms.assign(2 * static_cast<std::size_t>(channels), {});
  count(bins, image.height * image.width, channels, histograms.data());
  join(histograms);
  std::vector<ByteTable>& tables = scratch().tables;
  if (tables.size() < histograms.size()) tables.resize(histograms.size());
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto i = static_cast<std::size_t>(c);
    ByteTable& table = tables[i];
    if (!lathe::equalize(histograms[i], table)) continue;
    for (float& value : table) value = of_byte(value, range);
    for (std::int64_t j = c; j < image.size(); j += channels) {
      image.values[j] = table[bins[j]];
    }
  }
}

void clahe(const FilterStep& step, const ValueRange& range,
           const FilterImage& image) {
  const ClaheTiles tiles(step, image.height, image.width);
  const std::uint8_t* bins = bins_of(range, image);
  const std::int64_t channels = image.channels;
  const auto height = static_cast<std::int32_t>(image.height);
  const auto width = static_cast<std::int32_t>(image.width);
  std::vector<Histogram>& histograms = scratch().histograms;
  std::vector<ByteTable>& tables = scratch().tables;
  const auto per_tile = static_cast<std::size_t>(channels);
  if (tables.size() < tiles.count() * per_tile) {
    tables.resize(tiles.count() * per_tile);
  }
  for (std::int32_t t = 0; t < tiles.across * tiles.down; ++t) {
    histograms.assign(2 * per_tile, {});
    const std::int32_t left = t % tiles.across * tiles.width;
    const std::int32_t inside = std::clamp(width - left, 0, tiles.width);
    for (std::int32_t i = 0; i < tiles.height; ++i) {
      const std::uint8_t* row =
          bins + fixed_index<FillMode::mirror>(
                     t / tiles.across * tiles.height + i, height) *
                     image.row_size();
      count(row + left * channels, inside, channels, histograms.data());
      for (std::int32_t x = inside; x < tiles.width; ++x) {
        count(row + fixed_index<FillMode::mirror>(left + x, width) * channels,
              1, channels, histograms.data());
      }
    }
    join(histograms);
    for (std::size_t c = 0; c < per_tile; ++c) {
      ByteTable& table = tables[static_cast<std::size_t>(t) * per_tile + c];
      equalize_tile(histograms[c], step.numbers[0], tiles.area(), table);
    }
  }
  std::vector<TilePlace>& columns = scratch().columns;
  columns.clear();
  for (std::int32_t x = 0; x < width; ++x) {
    columns.push_back(tile_place(x, tiles.width, tiles.across));
  }
  for (std::int32_t y = 0; y < height; ++y) {
    const TilePlace row = tile_place(y, tiles.height, tiles.down);
    const ByteTable* upper =
        tables.data() + row.first * tiles.across * channels;
    const ByteTable* lower =
        tables.data() + row.second * tiles.across * channels;
    blend_tables({.bins = bins + y * image.row_size(),
                  .pixels = width,
                  .channels = channels,
                  .columns = columns.data(),
                  .upper = upper,
                  .lower = lower,
                  .part = row.part},
                 range, image.row(y));
  }
}

}  // namespace lathe::cpu
