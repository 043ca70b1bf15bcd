#include "models/keras_file.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"
#include "layers/parse_json.h"
#include "models/archive.h"
#include "models/stored_weights.h"

namespace lathe::models {

namespace {

using layers::parse_json;
using nlohmann::json;

constexpr const char* kConfig = "config.json";
constexpr const char* kMetadata = "metadata.json";
constexpr const char* kWeights = "model.weights.h5";
/// Keras reads the three above and leaves others alone.
constexpr const char* kExtra = "lathe.json";

/// The version of Keras whose format is written.
constexpr const char* kKerasVersion = "3.15.1";

std::string now() {
  const std::time_t seconds = std::time(nullptr);
  std::tm time{};
  localtime_r(&seconds, &time);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d@%H:%M:%S", &time)};
}

json config_json(const Model& model,
                 const std::optional<TrainingState>& training) {
  json config = model.serialized();
  config["compile_config"] =
      training ? compile_config(*training) : json::object();
  return config;
}

constexpr const char* kClassNames = "class_names";

/// lathe.json: what the training says, and the model's class names. Nothing
/// where there is neither.
std::string extra_json(const Model& model,
                       const std::optional<TrainingState>& training) {
  const std::string extra = training ? training->extra : "";
  if (model.class_names().empty()) return extra;
  json object = extra.empty() ? json::object() : json::parse(extra);
  object[kClassNames] = model.class_names();
  return object.dump();
}

/// An open .keras file; every error of its contents names the file.
class KerasFile {
 public:
  explicit KerasFile(const std::filesystem::path& path) : archive_(path) {
    for (const char* name : {kConfig, kWeights}) {
      if (!archive_.has(name)) {
        fail(path.string(), " is a zip but no .keras file: it has no ", name);
      }
    }
    naming_the_file([&] { config_ = parse_json(archive_.read(kConfig)); });
  }

  Model model() const {
    std::optional<Model> model;
    naming_the_file([&] {
      // What a file claims takes no memory before its weights are there.
      model = Model::from_config(config_, FirstWeights::left_open);
      if (!archive_.has(kExtra)) return;
      const json extra = parse_json(archive_.read(kExtra));
      model->set_class_names(
          extra.value(kClassNames, std::vector<std::string>()));
    });
    read_weights(*model, reader());
    return *model;
  }

  std::optional<TrainingState> training(const Model& model) const {
    std::optional<TrainingState> state;
    naming_the_file([&] {
      const json compiled = config_.value("compile_config", json());
      if (compiled.is_object() && compiled.contains("optimizer")) {
        state = training_state_from(compiled);
      }
    });
    const WeightsReader& weights = reader();
    if (!state || weights.names("optimizer/vars").empty()) return {};
    read_optimizer(model, weights, *state);
    if (archive_.has(kExtra)) state->extra = without_class_names();
    return state;
  }

  const WeightsReader& reader() const {
    if (!reader_) {
      reader_.emplace(archive_.read(kWeights),
                      concat(archive_.path().string(), ": ", kWeights));
    }
    return *reader_;
  }

 private:
  std::string without_class_names() const {
    const std::string text = archive_.read(kExtra);
    json extra = parse_json(text);
    return extra.erase(kClassNames) == 0 ? text : extra.dump();
  }

  template <class Work>
  void naming_the_file(const Work& work) const {
    try {
      work();
    } catch (const Error& error) {
      fail(archive_.path().string(), ": ", error.what());
    } catch (const std::exception& error) {
      fail(archive_.path().string(), ": ", kConfig,
           " is not as Keras writes it: ", error.what());
    }
  }

  ArchiveReader archive_;
  json config_;
  mutable std::optional<WeightsReader> reader_;
};

}  // namespace

void save(const Model& model, const std::filesystem::path& path,
          const std::optional<TrainingState>& training) {
  if (path.extension() != ".keras") {
    fail(path.string(),
         " can't be saved: Keras opens only names that end in .keras");
  }
  WeightsWriter writer;
  write_weights(model, writer);
  if (training) write_optimizer(model, *training, writer);
  const std::string weights = writer.finish();
  const std::string config = config_json(model, training).dump();
  const std::string metadata =
      json({{"keras_version", kKerasVersion}, {"date_saved", now()}}).dump();
  const std::string extra = extra_json(model, training);
  std::vector<ArchiveEntry> entries = {
      {kMetadata, metadata}, {kConfig, config}, {kWeights, weights}};
  if (!extra.empty()) entries.push_back({kExtra, extra});
  write_atomically(path, make_archive(entries));
}

Model load(const std::filesystem::path& path) {
  return KerasFile(path).model();
}

LoadedFile load_with_training(const std::filesystem::path& path) {
  const KerasFile file(path);
  Model model = file.model();
  std::optional<TrainingState> training = file.training(model);
  return {std::move(model), std::move(training)};
}

}  // namespace lathe::models
