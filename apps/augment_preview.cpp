#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <cstdio>

#include "apps/exit_code.h"
#include "apps/preview_samples.h"
#include "apps/preview_sheet.h"
#include "augment/json.h"
#include "augment/pipeline.h"
#include "core/error.h"
#include "core/image/write_image.h"

namespace lathe::apps {
namespace {

Tensor one_of(const Tensor& batch, std::int64_t index) {
  if (batch.empty()) return {};
  const Shape& shape = batch.shape();
  return batch.rows(index, 1).reshaped({shape[1], shape[2], shape[3]});
}

/// The batch as a training of that seed sees it in an epoch, counted from 1.
augment::Targets augmented(const augment::Pipeline& pipeline,
                           const PreviewSamples& samples, std::uint64_t seed,
                           std::uint32_t epoch) {
  const Shape& shape = samples.images.shape();
  const augment::ImageSize size =
      pipeline.output_size({.height = shape[1], .width = shape[2]});
  augment::Targets result{
      .images = Tensor({shape[0], size.height, size.width, 3}, DType::uint8),
      .masks =
          samples.masks.empty()
              ? Tensor()
              : Tensor({shape[0], size.height, size.width, 1}, DType::uint8)};
  pipeline.apply({.images = samples.images, .masks = samples.masks},
                 {.seed = seed, .epoch = epoch - 1, .sample_ids = samples.ids},
                 {.images = result.images, .masks = result.masks});
  return result;
}

/// SEED,EPOCH,SAMPLE.
std::array<std::uint32_t, 3> replay_of(const std::string& text) {
  std::array<std::uint32_t, 3> numbers{};
  const char* at = text.data();
  const char* end = text.data() + text.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto [stop, error] = std::from_chars(at, end, numbers[i]);
    const bool last = i + 1 == numbers.size();
    if (error != std::errc{} ||
        (last ? stop != end : stop == end || *stop != ',')) {
      fail("--replay ", text,
           ": it must be SEED,EPOCH,SAMPLE, three whole numbers");
    }
    at = stop + 1;
  }
  if (numbers[1] == 0) fail("--replay ", text, ": epochs are counted from 1");
  return numbers;
}

int run(PreviewOptions o) {
  const augment::Pipeline pipeline = augment::read_pipeline(o.augment);
  std::vector<std::uint32_t> ids;
  if (!o.replay.empty()) {
    const auto [seed, epoch, sample] = replay_of(o.replay);
    o.seed = seed;
    o.epoch = epoch;
    o.draws = 1;
    ids = {sample};
  }
  const PreviewSamples samples = read_samples(o, ids);
  std::vector<std::vector<PreviewCell>> rows;
  for (std::int64_t n = 0; n < samples.images.shape()[0]; ++n) {
    const auto i = static_cast<std::size_t>(n);
    rows.push_back({{.image = one_of(samples.images, n),
                     .mask = one_of(samples.masks, n),
                     .caption = samples.names[i]}});
  }
  for (std::int64_t draw = 0; draw < o.draws; ++draw) {
    const std::uint32_t epoch = o.epoch + static_cast<std::uint32_t>(draw);
    const augment::Targets drawn = augmented(pipeline, samples, o.seed, epoch);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto n = static_cast<std::int64_t>(i);
      rows[i].push_back(
          {.image = one_of(drawn.images, n),
           .mask = one_of(drawn.masks, n),
           .caption = pipeline.replay(o.seed, epoch - 1, samples.ids[i])});
    }
  }
  image::write_png(o.output, draw_sheet(rows).image());
  std::printf("%s", pipeline.summary().c_str());
  if (!o.replay.empty()) {
    std::printf("sample %u (%s), seed %llu, epoch %u: %s\n", samples.ids[0],
                samples.names[0].c_str(),
                static_cast<unsigned long long>(o.seed), o.epoch,
                pipeline.replay(o.seed, o.epoch - 1, samples.ids[0]).c_str());
  }
  std::printf("%s\n", o.output.c_str());
  return ExitCode::done;
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  PreviewOptions o;
  CLI::App app{
      "Draws what augmentations do: a row a sample, the original first, then "
      "what trainings see in one epoch after the other.\n"
      "Without a folder the samples are generated scenes."};
  app.name("augment_preview");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("--images", o.images, "Folder of photographs")
      ->check(CLI::ExistingDirectory);
  app.add_option("--masks", o.masks, "Folder of their masks")
      ->check(CLI::ExistingDirectory)
      ->needs("--images");
  app.add_option("--augment", o.augment,
                 "Augmentations, a comma list such as "
                 "flip=horizontal,rotation=0.1, or a .json file")
      ->capture_default_str();
  app.add_option("--output", o.output, "The picture, a .png file")
      ->capture_default_str();
  app.add_option("--size", o.size, "Side to which samples are resized")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--samples", o.samples, "How many samples, the first ones")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--draws", o.draws, "How many epochs of each")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seed", o.seed, "The training's")->capture_default_str();
  app.add_option("--epoch", o.epoch, "The first epoch, counted from 1")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--replay", o.replay,
                 "SEED,EPOCH,SAMPLE: only what a training of that seed saw of "
                 "that sample (counted from 0 in the order of names) in that "
                 "epoch (counted from 1)");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::done : ExitCode::wrong_usage;
  }
  return run_or_explain([&] { return run(o); });
}
