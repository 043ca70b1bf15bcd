#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "apps/predict_options.h"
#include "core/image/png_writer.h"
#include "core/tensor.h"
#include "models/image_size.h"

namespace lathe::apps {

/// Writes the mask of a photograph in its own size, and as the options say an
/// overlay and probabilities, from top to bottom: files of that name, with the
/// ends of mask_names.h.
/// Each is there whole, once finish() was called, or not at all.
class MaskWriter {
 public:
  MaskWriter(const PredictOptions& options, std::int64_t classes,
             const std::filesystem::path& name, const models::ImageSize& size);

  /// The next rows: of the photograph, (R, W, 3), of the mask, class ids (R, W,
  /// 1), and of one class' probabilities as grey levels (R, W, 1); all uint8.
  void write(const Tensor& pixels, const Tensor& mask,
             const Tensor& probabilities);
  void finish();

 private:
  // A photograph tinted by its mask: a row once the one below it is known.
  class Overlay {
   public:
    Overlay(const std::filesystem::path& path, const models::ImageSize& size);
    void write(std::span<const std::uint8_t> pixels,
               std::span<const std::uint8_t> mask);
    void finish();

   private:
    void write_last(const std::uint8_t* below);

    image::PngWriter png_;
    // The row that comes next, its mask and the mask above it; empty where
    // there is none yet.
    std::vector<std::uint8_t> pixels_;
    std::vector<std::uint8_t> mask_;
    std::vector<std::uint8_t> above_;
  };

  std::int64_t classes_;
  image::PngWriter mask_;
  std::optional<image::PngWriter> probabilities_;
  std::optional<Overlay> overlay_;
};

/// Probabilities as uint8 of the same shape: 255 is 1.
Tensor grey_levels(const Tensor& probabilities);

}  // namespace lathe::apps
