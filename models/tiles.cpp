#include "models/tiles.h"

#include <algorithm>
#include <cstring>

#include "core/augmentation/sampling.h"
#include "core/error.h"
#include "core/parallel.h"

namespace lathe::models {
namespace {

std::int64_t divided_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

// One image on its way.
class Tiling {
 public:
  Tiling(const TiledImage& image, const TileOptions& options)
      : image_(image),
        tile_(options.size),
        rows_(tile_axis(image.size.height, tile_.height, options.overlap)),
        columns_(tile_axis(image.size.width, tile_.width, options.overlap)),
        height_(std::min(image.size.height, tile_.height)),
        width_(std::min(image.size.width, tile_.width)),
        pixels_({height_, image.size.width, 3}, DType::uint8) {
    const auto tiles = static_cast<std::int64_t>(columns_.begins.size());
    const std::int64_t batches = divided_up(tiles, options.batch);
    tiles_ = Tensor({divided_up(tiles, batches), tile_.height, tile_.width, 3},
                    DType::uint8);
  }

  void run() {
    std::int64_t kept = 0;
    for (std::size_t row = 0; row < rows_.begins.size(); ++row) {
      for (std::int64_t y = kept; y < height_; ++y) {
        image_.read_row(pixels_.rows(y, 1).values<std::uint8_t>());
      }
      predict_row(row);
      const std::int64_t done = row + 1 < rows_.begins.size()
                                    ? rows_.begins[row + 1] - rows_.begins[row]
                                    : height_;
      image_.write_rows(pixels_.rows(0, done), sums_.rows(0, done));
      kept = height_ - done;
      move_up(pixels_, done);
      move_up(sums_, done);
      std::ranges::fill(sums_.rows(kept, done).values<float>(), 0.0F);
    }
  }

 private:
  void predict_row(std::size_t row) {
    const std::size_t batch = static_cast<std::size_t>(tiles_.shape()[0]);
    for (std::size_t first = 0; first < columns_.begins.size();
         first += batch) {
      const std::size_t count = std::min(batch, columns_.begins.size() - first);
      for (std::size_t i = 0; i < count; ++i) {
        cut(columns_.begins[first + i],
            tiles_.rows(static_cast<std::int64_t>(i), 1));
      }
      const Tensor output = image_.predict(tiles_);
      require(output);
      parallel_tasks(height_, [&](std::int64_t y) {
        for (std::size_t i = 0; i < count; ++i) {
          add(output.rows(static_cast<std::int64_t>(i), 1), row, first + i, y);
        }
      });
    }
  }

  void cut(std::int64_t left, const Tensor& tile) const {
    const auto* from = pixels_.data<std::uint8_t>();
    auto* to = tile.data<std::uint8_t>();
    for (std::int64_t y = 0; y < tile_.height; ++y) {
      const auto* row =
          from + (reflected(y, height_) * image_.size.width + left) * 3;
      to = std::copy_n(row, 3 * width_, to);
      for (std::int64_t x = width_; x < tile_.width; ++x) {
        to = std::copy_n(row + 3 * reflected(x, width_), 3, to);
      }
    }
  }

  static std::int64_t reflected(std::int64_t index, std::int64_t count) {
    return fixed_index<FillMode::reflect>(static_cast<std::int32_t>(index),
                                          static_cast<std::int32_t>(count));
  }

  // Row y of a tile's values to those of the image.
  void add(const Tensor& values, std::size_t row, std::size_t column,
           std::int64_t y) const {
    const std::int64_t channels = values.shape().back();
    const auto weights_of = [](const TileAxis& axis, std::size_t tile,
                               std::int64_t side) {
      return axis.weights.data() + static_cast<std::int64_t>(tile) * side;
    };
    const float weight = weights_of(rows_, row, tile_.height)[y];
    const float* across = weights_of(columns_, column, tile_.width);
    const float* value = values.data<float>() + y * tile_.width * channels;
    float* sum = sums_.data<float>() +
                 (y * image_.size.width + columns_.begins[column]) * channels;
    for (std::int64_t x = 0; x < width_; ++x) {
      for (std::int64_t c = 0; c < channels; ++c) {
        *sum++ += weight * across[x] * *value++;
      }
    }
  }

  void require(const Tensor& output) {
    const Shape& shape = output.shape();
    const Shape& tiles = tiles_.shape();
    if (shape.rank() != 4 || shape[0] != tiles[0] || shape[1] != tiles[1] ||
        shape[2] != tiles[2]) {
      fail("predict_tiles: tiles ", tiles, " became ", shape,
           "; an output of their own height and width can be put together");
    }
    if (sums_.empty()) {
      sums_ = Tensor({height_, image_.size.width, shape[3]});
    }
  }

  static void move_up(const Tensor& strip, std::int64_t rows) {
    const std::int64_t kept = strip.shape()[0] - rows;
    if (kept == 0) return;
    const Tensor from = strip.rows(rows, kept);
    std::memmove(strip.raw(), from.raw(), from.bytes());
  }

  const TiledImage& image_;
  ImageSize tile_;
  TileAxis rows_;
  TileAxis columns_;
  // Of the image within a tile.
  std::int64_t height_;
  std::int64_t width_;
  // The image's rows that the present tiles have, and what they add up to.
  Tensor pixels_;
  Tensor sums_;
  Tensor tiles_;
};

}  // namespace

TileAxis tile_axis(std::int64_t length, std::int64_t side,
                   std::int64_t overlap) {
  if (overlap < 0 || overlap >= side) {
    fail("tiles of ", side, " can't overlap by ", overlap,
         "; it must be less than a side");
  }
  TileAxis axis;
  const std::int64_t beyond = length - side;
  const std::int64_t steps =
      beyond <= 0 ? 0 : divided_up(beyond, side - overlap);
  for (std::int64_t i = 0; i <= steps; ++i) {
    axis.begins.push_back(steps == 0 ? 0 : i * beyond / steps);
  }
  std::vector<float> totals(static_cast<std::size_t>(std::max(length, side)));
  const auto ramp = [&](std::int64_t from_edge) {
    return std::min(1.0F, static_cast<float>(from_edge + 1) /
                              static_cast<float>(overlap + 1));
  };
  for (std::int64_t i = 0; i <= steps; ++i) {
    for (std::int64_t p = 0; p < side; ++p) {
      const float weight =
          std::min(i == 0 ? 1 : ramp(p), i == steps ? 1 : ramp(side - 1 - p));
      axis.weights.push_back(weight);
      totals[static_cast<std::size_t>(axis.begins.at(i) + p)] += weight;
    }
  }
  auto weight = axis.weights.begin();
  for (const std::int64_t begin : axis.begins) {
    for (std::int64_t p = 0; p < side; ++p) {
      *weight++ /= totals[static_cast<std::size_t>(begin + p)];
    }
  }
  return axis;
}

void predict_tiles(const TiledImage& image, const TileOptions& options) {
  Tiling(image, options).run();
}

}  // namespace lathe::models
