#pragma once

#include "apps/preview_options.h"
#include "apps/preview_samples.h"
#include "apps/preview_sheet.h"

namespace lathe::apps {

using PreviewRows = std::vector<std::vector<PreviewCell>>;

/// Extents of the images of a batch.
augment::ImageSize extents_of(const Tensor& images);

/// Rows of `count` samples from `first` on: the original, then its draws in
/// as many epochs from the options' on, as the pipeline makes them of the whole
/// batch.
PreviewRows rows_of(const augment::Pipeline& pipeline,
                    const PreviewSamples& samples, std::int64_t first,
                    std::int64_t count, std::uint64_t seed,
                    const PreviewOptions& options);

}  // namespace lathe::apps
