#include "apps/past_run.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/classifier_data.h"
#include "apps/segmentation_data.h"
#include "apps/training_run.h"
#include "augment/json.h"
#include "core/error.h"
#include "layers/parse_json.h"

namespace lathe::apps {
namespace {

using nlohmann::json;

// The command line that made the options, without files that data don't need.
std::vector<std::string> arguments_of(const json& options) {
  const std::set<std::string> left_out{"init", "resume", "weights"};
  std::vector<std::string> arguments;
  for (const auto& [name, value] : options.items()) {
    const std::string text =
        value.is_string() ? value.get<std::string>() : value.dump();
    if (left_out.contains(name) || text.empty() || text == "false") continue;
    arguments.push_back("--" + name);
    if (!value.is_boolean()) arguments.back() += "=" + text;
  }
  return arguments;
}

template <class Options>
PastRun run_of(const json& file) {
  std::vector<std::string> texts = arguments_of(file.at("options"));
  texts.insert(texts.begin(), file.at("program"));
  std::vector<const char*> arguments;
  arguments.reserve(texts.size());
  for (const std::string& text : texts) arguments.push_back(text.c_str());
  Options options;
  if (parse(static_cast<int>(arguments.size()), arguments.data(), options)) {
    fail("its options are not those of ", texts[0]);
  }
  // Few samples are read, each once.
  options.cache = "none";
  PastRun run{.augmentation = augment::from_json(file.at("operations").dump()),
              .data = open_data(options),
              .loader = options.loader_options()};
  const std::string then = file.at("data");
  if (!then.starts_with(run.data.report)) {
    fail("its data were ", then, ", and are now ", run.data.report);
  }
  if (options.skip_bad) run.loader.on_bad_sample = [](const std::string&) {};
  return run;
}

}  // namespace

PastRun read_run(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kRunFile;
  std::ifstream stream(path);
  if (!stream) {
    fail(path.string(), ": can't be opened; every training run writes one");
  }
  try {
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const json file = layers::parse_json(text);
    const std::string program = file.at("program");
    if (program == "train_segmentation") {
      return run_of<SegmentationOptions>(file);
    }
    if (program == "train_classifier") return run_of<ClassifierOptions>(file);
    fail("there is no program ", program);
  } catch (const std::exception& error) {
    fail(path.string(), ": ", error.what());
  }
}

}  // namespace lathe::apps
