#include "apps/predict_options.h"

#include <CLI/CLI.hpp>

#include "apps/command_line.h"

namespace lathe::apps {
namespace {

void add_options(CLI::App& app, PredictOptions& o) {
  app.add_option("--model", o.model, "The .keras file")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--input", o.input, "A photograph or a folder of them")
      ->required()
      ->check(CLI::ExistingPath);
  app.add_option("--output", o.output,
                 "Folder for the masks or for predictions.csv")
      ->required();
  app.add_flag("--overlay", o.overlay,
               "Also write the photographs tinted by their masks");
  app.add_flag("--probabilities", o.probabilities,
               "Also write the probabilities as grey levels");
  app.add_option("--threshold", o.threshold,
                 "Probability above which a pixel belongs to the object")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--tta", o.tta,
                 "flips: the mean of the probabilities of the photograph and "
                 "of its flips, in four times the time")
      ->check(CLI::IsMember({"none", "flips"}))
      ->capture_default_str();
  app.add_flag("--profile", o.profile,
               "Time every operation of 20 batches; prints tables and writes "
               "trace.json");
  const std::string large =
      "Large photographs, which are else resized for the model";
  app.add_option(
         "--tile", o.tile,
         "Cut photographs of any size into tiles of this side; with "
         "--overlap alone, of the model's. Rows are read and written "
         "one by one, but progressive, turned or interlaced files, BMPs "
         "and GIFs at once, and at most 2^28 pixels of them")
      ->check(CLI::PositiveNumber)
      ->group(large);
  app.add_option("--overlap", o.overlap,
                 "Pixels that neighbouring tiles share, in which they are "
                 "blended; 32 where left out")
      ->check(CLI::NonNegativeNumber)
      ->group(large);
  add_options(app, o, "Photographs or tiles");
}

}  // namespace

std::optional<int> parse(int count, const char* const* arguments,
                         PredictOptions& options) {
  CLI::App app{
      "Predicts the masks of photographs with a segmentation model, or their "
      "classes with a classifier."};
  prepare(app, "predict");
  add_options(app, options);
  return parse(app, count, arguments);
}

}  // namespace lathe::apps
