#include "apps/tile_predictor.h"

#include "apps/mask_writer.h"
#include "apps/model_output.h"
#include "core/error.h"
#include "core/image/row_reader.h"
#include "models/model_size.h"
#include "train/callbacks/pictures.h"

namespace lathe::apps {
namespace {

models::TileOptions tiles_for(const PredictOptions& options,
                              const models::Model& model) {
  const Shape& input = model.input_shape();
  models::TileOptions tiles{.size = {.height = options.tile.value_or(input[1]),
                                     .width = options.tile.value_or(input[2])},
                            .batch = options.batch};
  if (options.overlap) tiles.overlap = *options.overlap;
  const std::int64_t side = std::min(tiles.size.height, tiles.size.width);
  if (tiles.overlap >= side) {
    fail("--overlap ", tiles.overlap, ": tiles of ", side,
         " can share less than that");
  }
  return tiles;
}

models::Model model_for(const models::TileOptions& tiles,
                        const PredictOptions& options,
                        const models::Model& model) {
  const Shape& input = model.input_shape();
  const Shape& output = model.output_shape();
  const std::string name = options.model.string();
  if (output.rank() != 4 || output[1] != input[1] || output[2] != input[2]) {
    fail(
        "--tile and --overlap are for models of masks as large as their "
        "images; ",
        name, " makes ", output, " of ", input);
  }
  const auto [height, width] = tiles.size;
  if (height == input[1] && width == input[2]) return model;
  try {
    models::Model result = models::at_size(model, tiles.size);
    const Shape& masks = result.output_shape();
    if (masks[1] == height && masks[2] == width) return result;
    fail("its masks are then ", masks[1], " x ", masks[2]);
  } catch (const Error& error) {
    fail("--tile ", height, ": ", name, ", made for ", input[1], " x ",
         input[2], ", can't take tiles of that size: ", error.what());
  }
}

}  // namespace

TilePredictor::TilePredictor(const PredictOptions& options, MaskNames names,
                             const models::Model& model)
    : options_(options),
      names_(std::move(names)),
      tiles_(tiles_for(options, model)),
      model_(model_for(tiles_, options, model)) {}

void TilePredictor::predict(const std::filesystem::path& photograph,
                            const std::function<void(Executable&)>& run) {
  const auto rows = image::read_rows(photograph);
  const models::ImageSize size{.height = rows->height(),
                               .width = rows->width()};
  const std::int64_t classes = model_.output_shape().back();
  MaskWriter writer(options_, classes, names_.of(photograph), size);
  models::PredictOptions predict = options_.predict_options();
  predict.run = run;
  models::predict_tiles(
      {.size = size,
       .read_row = [&](std::span<std::uint8_t> row) { rows->read(row); },
       .predict =
           [&](const Tensor& tiles) {
             return probabilities_of(model_, tiles, predict,
                                     options_.tta == "flips");
           },
       .write_rows =
           [&](const Tensor& pixels, const Tensor& values) {
             writer.write(pixels,
                          train::classes_of(
                              values, static_cast<float>(options_.threshold)),
                          classes == 1 ? grey_levels(values) : Tensor());
           }},
      tiles_);
  writer.finish();
  megapixels_ += 1e-6 * static_cast<double>(size.height * size.width);
}

}  // namespace lathe::apps
