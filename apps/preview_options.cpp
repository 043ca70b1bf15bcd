#include "apps/preview_options.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <limits>
#include <vector>

#include "apps/command_line.h"
#include "core/error.h"

namespace lathe::apps {
namespace {

void add_sheet_options(CLI::App& app, PreviewOptions& o) {
  app.add_option(
         "--boxes", o.boxes,
         "Their boxes and keypoints: a COCO JSON file, or a folder of YOLO "
         "texts or of Pascal VOC XML files. Without, an augmentation that "
         "needs boxes takes those around the masks' classes")
      ->check(CLI::ExistingPath);
  app.add_option("--minimum-visibility", o.minimum_visibility,
                 "Leave out boxes of which less than this share is seen")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--output", o.output, "The picture, a .png or .jpg file")
      ->capture_default_str();
  app.add_option("--samples", o.samples, "How many samples, the first ones")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--draws", o.draws, "How many epochs of each")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--epoch", o.epoch, "The first epoch, counted from 1")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI::Option* replay = app.add_option(
      "--replay", o.replay,
      "SEED,EPOCH,SAMPLE, or with --run EPOCH,SAMPLE: only what a "
      "training of that seed saw of that sample (counted from 0 in "
      "the order of names) in that epoch (counted from 1)");
  app.add_flag("--each", o.each,
               "A row an augmentation instead of a sample: what each of them "
               "by itself does to the first one")
      ->excludes(replay);
  app.add_flag("--no-tint", o.no_tint, "Don't tint images by their masks");
  app.add_flag("--no-captions", o.no_captions,
               "Don't write what was drawn beneath the draws");
}

// What a run has settled.
void add_run_options(CLI::App& app, PreviewOptions& o) {
  CLI::Option* run =
      app.add_option("--run", o.run,
                     "Folder of a training run: its samples, augmentations "
                     "and batches")
          ->check(CLI::ExistingDirectory);
  CLI::Option* images =
      app.add_option("--images", o.images,
                     "Folder of photographs, or of a folder of them a class")
          ->check(CLI::ExistingDirectory)
          ->excludes(run);
  app.add_option("--masks", o.masks, "Folder of their masks")
      ->check(CLI::ExistingDirectory)
      ->needs(images);
  const auto add = [&](const char* name, auto& value, const char* help) {
    return app.add_option(name, value, help)
        ->capture_default_str()
        ->excludes(run);
  };
  add("--augment", o.augment,
      "Augmentations, a comma list such as flip=horizontal,rotation=0.1, or a "
      ".json file");
  add("--size", o.size, "Side to which samples are resized")
      ->check(CLI::PositiveNumber);
  add("--seed", o.seed, "The training's");
  add("--limit", o.limit, "Use only the first N samples; 0 for all")
      ->check(CLI::NonNegativeNumber);
  const std::string group = "Batches of a training whose samples are mixed";
  add("--batch", o.batch, "Samples a step")
      ->check(CLI::PositiveNumber)
      ->group(group);
  add("--val-fraction", o.val_fraction,
      "Share of the samples kept for validation")
      ->check(CLI::Range(0.0, 0.9))
      ->group(group);
  app.add_flag("--no-shuffle", o.no_shuffle,
               "Take the samples in the order of their names")
      ->excludes(run)
      ->group(group);
}

}  // namespace

std::optional<int> parse(int count, char** arguments, PreviewOptions& options) {
  CLI::App app{
      "Draws what augmentations do: a row a sample, the original first, then "
      "what trainings see in one epoch after the other.\n"
      "Without a folder the samples are generated scenes."};
  prepare(app, "augment_preview");
  add_run_options(app, options);
  add_sheet_options(app, options);
  return parse(app, count, arguments, [&]() -> std::string {
    if (options.boxes.empty() || !options.images.empty() ||
        !options.run.empty()) {
      return {};
    }
    return "--boxes are those of --images or of --run; give one";
  });
}

std::optional<std::uint32_t> settle_replay(PreviewOptions& o) {
  if (o.replay.empty()) return std::nullopt;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const bool of_run = !o.run.empty();
  std::vector<std::uint64_t> numbers(of_run ? 2 : 3);
  const char* at = o.replay.data();
  const char* end = at + o.replay.size();
  for (std::uint64_t& number : numbers) {
    const auto [stop, error] = std::from_chars(at, end, number);
    const bool last = &number == &numbers.back();
    const bool seed = !of_run && &number == numbers.data();
    if (error != std::errc{} || (number > kMost && !seed) ||
        (last ? stop != end : stop == end || *stop != ',')) {
      fail("--replay ", o.replay, ": it must be ",
           of_run ? "EPOCH,SAMPLE, two" : "SEED,EPOCH,SAMPLE, three",
           " whole numbers");
    }
    at = stop + 1;
  }
  o.epoch = static_cast<std::uint32_t>(numbers[numbers.size() - 2]);
  if (o.epoch == 0) {
    fail("--replay ", o.replay, ": epochs are counted from 1");
  }
  if (!of_run) o.seed = numbers[0];
  o.draws = 1;
  return static_cast<std::uint32_t>(numbers.back());
}

}  // namespace lathe::apps
