#include <algorithm>
#include <cstdio>

#include "apps/exit_code.h"
#include "apps/preview_boxes.h"
#include "apps/preview_options.h"
#include "apps/preview_rows.h"
#include "apps/preview_samples.h"
#include "apps/preview_sheet.h"
#include "core/image/write_image.h"

namespace lathe::apps {
namespace {

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
                                    extents_of(samples.images));
    samples.annotations = std::move(boxes.annotations);
    std::printf("%s\n", boxes.report.c_str());
  } else if (pipeline.needs_boxes() && !samples.masks.empty()) {
    samples.annotations = boxes_around(samples.masks);
  }
  PreviewRows rows;
  if (o.each) {
    for (const augment::Augmentation& operation : pipeline.augmentations()) {
      const PreviewRows one = rows_of({operation}, samples, 0, 1, seed, o);
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
