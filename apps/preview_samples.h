#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "apps/preview_options.h"
#include "augment/pipeline.h"
#include "train/data/loader.h"

namespace lathe::apps {

/// Where a preview's samples come from and what happens to them.
struct PreviewSource {
  augment::Pipeline augmentation;
  std::shared_ptr<const train::Dataset> data;
  /// The batches of a training on it: their size, seed and order.
  train::LoaderOptions loader;
};

/// Opens a run's data, or the folders as train_segmentation and
/// train_classifier do: in the order of their names, resized. Without any they
/// are generated scenes. What would be kept for validation is left out where
/// that matters, which is where a batch that was mixed is replayed.
PreviewSource open_source(const PreviewOptions& options);

/// Samples before they are augmented, as a training has them.
struct PreviewSamples {
  /// uint8 (N, H, W, 3).
  Tensor images;
  /// Class ids, uint8 (N, H, W, 1), or empty.
  Tensor masks;
  std::vector<std::uint32_t> ids;
  /// Files, or what else they are called.
  std::vector<std::filesystem::path> names;
  /// One element a sample, or empty.
  std::vector<augment::Annotations> annotations = {};
};

/// The first `count`, or all where there are fewer.
PreviewSamples first_samples(const train::Dataset& data, std::int64_t count);

/// As many or fewer, evenly from all over the set; those that can't be read are
/// left out.
PreviewSamples spread_samples(const train::Dataset& data, std::int64_t count);

/// One sample alone; throws Error where there is none of that id.
PreviewSamples one_sample(const train::Dataset& data, std::uint32_t id);

/// The batch of a training that a sample is in, in an epoch counted from 0.
/// Throws Error where it is in none: it is no sample, or validates, or is among
/// those that fill no batch.
PreviewSamples batch_with(const PreviewSource& source, std::uint32_t epoch,
                          std::uint32_t id);

/// Where `id` is among the samples.
std::int64_t place_of(const PreviewSamples& samples, std::uint32_t id);

}  // namespace lathe::apps
