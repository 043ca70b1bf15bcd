#include <algorithm>
#include <cstdio>

#include "apps/exit_code.h"
#include "apps/preview_boxes.h"
#include "apps/preview_options.h"
#include "apps/preview_samples.h"
#include "apps/preview_sheet.h"
#include "core/image/write_image.h"

namespace lathe::apps {
namespace {

using Rows = std::vector<std::vector<PreviewCell>>;

augment::ImageSize size_of(const Tensor& images) {
  return {.height = images.shape()[1], .width = images.shape()[2]};
}

/// The batch as a training sees it in an epoch, counted from 1.
PreviewSamples augmented(const augment::Pipeline& pipeline,
                         const PreviewSamples& samples, std::uint64_t seed,
                         std::uint32_t epoch, const PreviewOptions& o) {
  const augment::ImageSize from = size_of(samples.images);
  const augment::ImageSize size = pipeline.output_size(from);
  const auto output = [&](const Tensor& of) -> Tensor {
    if (of.empty()) return {};
    const Shape& shape = of.shape();
    return Tensor({shape[0], size.height, size.width, shape[3]}, DType::uint8);
  };
  PreviewSamples result = samples;
  result.images = output(samples.images);
  result.masks = output(samples.masks);
  const augment::BatchKey key{.seed = seed,
                              .epoch = epoch - 1,
                              .sample_ids = samples.ids,
                              .annotations = samples.annotations};
  pipeline.apply({.images = samples.images, .masks = samples.masks}, key,
                 {.images = result.images, .masks = result.masks});
  if (!samples.annotations.empty()) {
    pipeline.follow(
        result.annotations, key, from,
        {.minimum_visibility = static_cast<float>(o.minimum_visibility)});
  }
  return result;
}

PreviewCell cell_of(const PreviewSamples& samples, std::int64_t n,
                    std::string caption, const PreviewOptions& o) {
  const auto one = [n](const Tensor& batch) -> Tensor {
    if (batch.empty()) return {};
    const Shape& shape = batch.shape();
    return batch.rows(n, 1).reshaped({shape[1], shape[2], shape[3]});
  };
  PreviewCell cell{.image = one(samples.images),
                   .mask = o.no_tint ? Tensor() : one(samples.masks),
                   .annotations = {},
                   .caption = std::move(caption)};
  if (!samples.annotations.empty()) {
    cell.annotations = samples.annotations[static_cast<std::size_t>(n)];
  }
  return cell;
}

/// Rows of the samples from `first` on: the original, then its draws.
Rows rows_of(const augment::Pipeline& pipeline, const PreviewSamples& samples,
             std::int64_t first, std::int64_t count, std::uint64_t seed,
             const PreviewOptions& o) {
  Rows rows(static_cast<std::size_t>(count));
  const auto add = [&](const PreviewSamples& of, const auto& caption) {
    for (std::int64_t n = 0; n < count; ++n) {
      const auto place = static_cast<std::size_t>(first + n);
      rows[static_cast<std::size_t>(n)].push_back(
          cell_of(of, first + n, caption(place), o));
    }
  };
  add(samples,
      [&](std::size_t n) { return samples.names[n].filename().string(); });
  for (std::int64_t draw = 0; draw < o.draws; ++draw) {
    const std::uint32_t epoch = o.epoch + static_cast<std::uint32_t>(draw);
    add(augmented(pipeline, samples, seed, epoch, o), [&](std::size_t n) {
      return o.no_captions
                 ? std::string()
                 : rounded(pipeline.replay(seed, epoch - 1, samples.ids[n]));
    });
  }
  return rows;
}

// Masks that are black and white only: white, which is otherwise ignored, is
// what they are of.
void take_white_for_a_class(const Tensor& masks) {
  if (masks.empty()) return;
  const auto values = masks.values<std::uint8_t>();
  constexpr std::uint8_t kWhite = 255;
  if (std::ranges::all_of(values, [](std::uint8_t value) {
        return value == 0 || value == kWhite;
      })) {
    std::ranges::replace(values, kWhite, std::uint8_t{1});
  }
}

int run(PreviewOptions o) {
  const auto replayed = settle_replay(o);
  const PreviewSource source = open_source(o);
  const augment::Pipeline& pipeline = source.augmentation;
  const std::uint64_t seed = source.loader.seed;
  PreviewSamples samples;
  if (!replayed) {
    samples = first_samples(*source.data, o.samples);
  } else if (!o.run.empty() || pipeline.mixes()) {
    samples = batch_with(source, o.epoch - 1, *replayed);
  } else {
    samples = one_sample(*source.data, *replayed);
  }
  if (o.run.empty()) take_white_for_a_class(samples.masks);
  if (!o.boxes.empty()) {
    PreviewBoxes boxes = read_boxes(o.boxes, *source.data, samples.names,
                                    size_of(samples.images));
    samples.annotations = std::move(boxes.annotations);
    std::printf("%s\n", boxes.report.c_str());
  } else if (pipeline.needs_boxes() && !samples.masks.empty()) {
    samples.annotations = boxes_around(samples.masks);
  }
  Rows rows;
  if (o.each) {
    for (const augment::Augmentation& operation : pipeline.augmentations()) {
      const Rows one = rows_of({operation}, samples, 0, 1, seed, o);
      rows.push_back(one[0]);
      rows.back()[0].caption = operation.text();
    }
  } else if (replayed) {
    // The others of its batch aren't shown.
    rows = rows_of(pipeline, samples, place_of(samples, *replayed), 1, seed, o);
  } else {
    rows = rows_of(pipeline, samples, 0, samples.images.shape()[0], seed, o);
  }
  image::write_image(o.output, draw_sheet(rows).image());
  std::printf("%s", pipeline.summary().c_str());
  if (replayed) {
    std::printf("sample %u (%s), seed %llu, epoch %u: %s\n", *replayed,
                rows[0][0].caption.c_str(),
                static_cast<unsigned long long>(seed), o.epoch,
                pipeline.replay(seed, o.epoch - 1, *replayed).c_str());
  }
  std::printf("%s\n", o.output.c_str());
  return ExitCode::done;
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  PreviewOptions options;
  if (const auto code = parse(count, arguments, options)) return *code;
  return run_or_explain([&] { return run(options); });
}
