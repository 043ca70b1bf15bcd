#include "apps/evaluate_options.h"

#include <CLI/CLI.hpp>

#include "apps/command_line.h"

namespace lathe::apps {
namespace {

void add_options(CLI::App& app, EvaluateOptions& o) {
  app.add_option("--model", o.model, "The .keras file")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--output", o.output, "Folder for what is found out")
      ->capture_default_str();
  const std::string data = "Data";
  app.add_option("--data", o.data,
                 "Folder holding images/ and masks/, or for a classifier a "
                 "folder of images a class")
      ->check(CLI::ExistingDirectory)
      ->group(data);
  app.add_option("--images", o.images, "Folder of images")
      ->check(CLI::ExistingDirectory)
      ->group(data);
  app.add_option("--masks", o.masks, "Folder of their masks")
      ->check(CLI::ExistingDirectory)
      ->group(data);
  add_mask_file_options(app, o, data);
  app.add_flag("--tiles", o.tiles,
               "Cut images into tiles of the model's size instead of resizing "
               "them, as for models trained with --crop")
      ->group(data);
  app.add_option("--csv", o.csv,
                 "For a classifier a table with a row of path and label an "
                 "image")
      ->check(CLI::ExistingFile)
      ->group(data);
  app.add_option("--limit", o.limit, "Use only the first N samples; 0 for all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(data);
  app.add_flag("--skip-bad", o.skip_bad,
               "Go on without unreadable files and list them at the end")
      ->group(data);
  add_options(app, o, "Images");
}

std::string wrong_combination(const EvaluateOptions& o) {
  if (o.images.empty() != o.masks.empty()) {
    return "--images and --masks go together";
  }
  const MaskFileOptions& files = o;
  if (std::string wrong = wrong_combination(files); !wrong.empty())
    return wrong;
  if ((o.data.empty() ? 0 : 1) + (o.images.empty() ? 0 : 1) +
          (o.csv.empty() ? 0 : 1) !=
      1) {
    return "give one of --data, --images with --masks, and --csv";
  }
  return {};
}

}  // namespace

std::optional<int> parse(int count, const char* const* arguments,
                         EvaluateOptions& options) {
  CLI::App app{
      "Measures a model on images whose masks or classes are known: every "
      "metric, as tables and pictures."};
  prepare(app, "evaluate");
  add_options(app, options);
  return parse(app, count, arguments,
               [&] { return wrong_combination(options); });
}

}  // namespace lathe::apps
