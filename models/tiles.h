#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/tensor.h"
#include "models/image_size.h"

namespace lathe::models {

/// How an image is cut into tiles.
struct TileOptions {
  /// Of a tile.
  ImageSize size = {};
  /// Pixels that neighbouring tiles share at least; less than a tile's side.
  std::int64_t overlap = 32;
  /// Tiles at once, at most.
  std::int64_t batch = 16;
};

/// The tiles of one axis of an image.
struct TileAxis {
  /// Where they begin, from 0 to `length - side`: as many as must be, evenly
  /// spread, so none is moved far and what they share is shared evenly. An axis
  /// shorter than a tile has one.
  std::vector<std::int64_t> begins;
  /// How much a tile's pixels count, `side` a tile; of all tiles that have a
  /// pixel together 1. Towards an edge within the image a tile counts less and
  /// less, linearly over the overlap, so that it ends where it counts nothing
  /// ("feathering" in Szeliski's Image Alignment and Stitching, 2006, 6.2).
  std::vector<float> weights;
};

/// Throws Error where overlap is negative or no less than side.
TileAxis tile_axis(std::int64_t length, std::int64_t side,
                   std::int64_t overlap);

/// What an image's tiles are cut from and what becomes of them.
struct TiledImage {
  /// Of the image.
  ImageSize size;
  /// Gives the image's rows from top to bottom, RGB.
  std::function<void(std::span<std::uint8_t> row)> read_row;
  /// Makes (N, h, w, C), float32, of tiles (N, h, w, 3), uint8; always of as
  /// many, of which the last ones may be left from before.
  std::function<Tensor(const Tensor& tiles)> predict;
  /// Takes rows that are done, from top to bottom, some at a time: of the image
  /// (R, W, 3), uint8, and of what was predicted for them (R, W, C), float32.
  std::function<void(const Tensor& pixels, const Tensor& values)> write_rows;
};

/// Predicts an image of any size tile by tile and blends what overlaps. Holds
/// the rows of one row of tiles: height of a tile x width of the image x (3 + 4
/// C) bytes. An image smaller than a tile is reflected at its right and lower
/// edge. Throws Error where predict() gives another height or width.
void predict_tiles(const TiledImage& image, const TileOptions& options);

}  // namespace lathe::models
