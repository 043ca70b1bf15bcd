#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "augment/box.h"
#include "augment/matrix.h"
#include "core/augmentation/color.h"
#include "core/augmentation/filter.h"
#include "core/augmentation/mix.h"
#include "core/augmentation/warp.h"

namespace lathe::augment {

/// How a geometric operation wants pixels read. Operations that agree on it can
/// share one resample. The fill value is in units of the image in [0, 1].
struct Sampling {
  Interpolation interpolation = Interpolation::bilinear;
  FillMode fill_mode = FillMode::reflect;
  float fill_value = 0;

  /// Only FillMode::constant ever shows the fill value.
  bool operator==(const Sampling& other) const {
    return interpolation == other.interpolation &&
           fill_mode == other.fill_mode &&
           (fill_mode != FillMode::constant || fill_value == other.fill_value);
  }
};

/// A sample's place in its batch.
struct BatchPlace {
  std::int64_t index = 0;
  std::int64_t samples = 1;

  /// The place of one of the others, all as likely, for u within [0, 1).
  std::int64_t other(float u) const {
    const auto others = static_cast<double>(samples - 1);
    const auto step =
        static_cast<std::int64_t>(static_cast<double>(u) * others);
    return (index + 1 + step) % samples;
  }
};

/// An effect's place in chains that a sample goes through side by side: each
/// starts from what was before the first, and at its end is blended with that
/// (AugMix). Both numbers count from 0; all chains are of one length.
struct ChainLink {
  std::size_t chain = 0;
  std::size_t chains = 1;
  std::size_t place = 0;
  std::size_t length = 1;

  bool opens() const { return chain == 0 && place == 0; }
  bool ends_chain() const { return place + 1 == length; }
  bool ends() const { return ends_chain() && chain + 1 == chains; }
};

/// What an operation does to a sample, given the numbers that were drawn for
/// it: first to where pixels are, then to their colours, then to neighbourhoods
/// and whole images, at last together with other samples. Most effects do one
/// of these. What an effect never does it says by `false` or a count of 0, so
/// that no pass is made for it; what it does to some samples only it says by
/// the identity and by steps of kind `none`.
class Effect {
 public:
  virtual ~Effect() = default;

  /// Whether it moves pixels.
  virtual bool moves() const { return false; }
  /// How it reads pixels; nothing if it can do with any way, as a flip can.
  virtual std::optional<Sampling> sampling() const { return {}; }
  /// Whether it may make images of other extents.
  virtual bool resizes() const { return false; }
  /// The extents of what it makes of an image, the same for every sample.
  virtual ImageSize output_size(ImageSize size) const { return size; }
  /// From positions in what it makes to those in an image of that size.
  virtual Matrix matrix(std::span<const float> /*row*/,
                        ImageSize /*size*/) const {
    return {};
  }

  /// Whether its numbers depend on a sample's boxes too; it then begins a pass.
  virtual bool needs_boxes() const { return false; }
  /// Completes the numbers by what follows from the boxes, as they are in an
  /// image of that size.
  virtual void fit(std::span<float> /*row*/, std::span<const Box> /*boxes*/,
                   ImageSize /*size*/) const {}

  /// Whether it moves the pixels of some samples as no matrix can; these have
  /// no matrix, and extents stay as they are.
  virtual bool warps() const { return false; }
  /// How many controls its warp has for images of that size.
  virtual std::size_t warp_controls(ImageSize /*size*/) const { return 0; }
  /// The warp, whose controls it writes; the warp holds on to their memory.
  virtual Warp warp(std::span<const float> /*row*/, ImageSize /*size*/,
                    std::span<float> /*controls*/) const {
    return {};
  }

  virtual std::size_t color_steps() const { return 0; }
  virtual void colors(std::span<const float> /*row*/,
                      std::span<ColorStep> /*steps*/) const {}

  virtual std::size_t filter_steps() const { return 0; }
  virtual void filters(std::span<const float> /*row*/, ImageSize /*size*/,
                       std::span<FilterStep> /*steps*/) const {}

  /// What its steps may need, whatever is drawn.
  virtual StepNeeds needs() const { return {}; }

  /// Whether it is a link of a chain. The links of all chains follow each
  /// other, chain by chain; they change images only, and no extents.
  virtual std::optional<ChainLink> chain_link() const { return {}; }
  /// The part that its chain has in the blend.
  virtual float chain_part(std::span<const float> /*row*/) const { return 0; }

  /// Whether it needs the batch's other samples.
  virtual bool mixes() const { return false; }
  /// Whether it needs masks of class ids.
  virtual bool needs_masks() const { return false; }
  virtual MixStep mix(std::span<const float> /*row*/, ImageSize /*size*/,
                      BatchPlace /*place*/) const {
    return {};
  }

  /// Whether what it does depends on what black and white are.
  bool depends_on_range() const {
    if (color_steps() > 0 || filter_steps() > 0) return true;
    const std::optional<Sampling> how = sampling();
    return how && how->fill_mode == FillMode::constant;
  }
};

}  // namespace lathe::augment
