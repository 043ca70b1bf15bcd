#include "models/load_weights.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "core/atomic_file.h"
#include "core/error.h"
#include "models/safetensors.h"
#include "models/stored_layers.h"
#include "models/stored_weights.h"

namespace lathe::models {
namespace {

using layers::Definition;
using layers::Weight;

/// A layer of the model that has weights, and what the file has for it.
struct Target {
  PlacedLayer placed;
  std::vector<Weight> weights;
  const StoredLayer* stored = nullptr;
};

std::vector<Target> targets_of(const Model& model, bool named) {
  std::vector<Target> targets;
  for (PlacedLayer& placed : placed_layers(model)) {
    std::vector<Weight> weights = stored_order(*placed.layer);
    if (weights.empty()) continue;
    if (named) {
      std::sort(weights.begin(), weights.end(),
                [](const Weight& one, const Weight& other) {
                  return one.name < other.name;
                });
    }
    targets.push_back(
        {.placed = std::move(placed), .weights = std::move(weights)});
  }
  return targets;
}

bool same_shapes(const Target& target, const StoredLayer& stored) {
  return std::equal(target.weights.begin(), target.weights.end(),
                    stored.shapes.begin(), stored.shapes.end(),
                    [](const Weight& weight, const Shape& shape) {
                      return weight.tensor.shape() == shape;
                    });
}

/// The name that Keras gives a layer nobody named, without its number; empty
/// for names that people chose.
std::string numbered_class(const std::string& name,
                           const std::string& class_name) {
  if (name.compare(0, class_name.size(), class_name) != 0) return {};
  const std::string rest = name.substr(class_name.size());
  const bool number =
      rest.size() > 1 && rest[0] == '_' &&
      rest.find_first_not_of("0123456789", 1) == std::string::npos;
  return rest.empty() || number ? class_name : std::string();
}

/// Finds a layer of the file for each of the model's.
class Matching {
 public:
  Matching(std::vector<Target>& targets, const std::vector<StoredLayer>& stored)
      : targets_(targets), stored_(stored) {
    if (match_by_place()) return;
    match([](const Target& target, const StoredLayer& layer) {
      return target.placed.path == layer.path;
    });
    match([](const Target& target, const StoredLayer& layer) {
      return target.placed.layer->name() == layer.name;
    });
    match([](const Target& target, const StoredLayer& layer) {
      const Definition& definition = *target.placed.layer;
      const std::string type = layers::snake_case(definition.class_name());
      return same_shapes(target, layer) &&
             numbered_class(definition.name(), type) == type &&
             numbered_class(layer.name, type) == type;
    });
  }

  std::vector<std::string> unused() const {
    std::vector<std::string> names;
    for (const StoredLayer& layer : stored_) {
      if (taken_.count(&layer) == 0) names.push_back(layer.path);
    }
    return names;
  }

 private:
  using Rule = std::function<bool(const Target&, const StoredLayer&)>;

  /// Where every group is there with as many variables, and no other.
  bool match_by_place() {
    if (targets_.size() != stored_.size()) return false;
    std::vector<const StoredLayer*> found;
    for (const Target& target : targets_) {
      const auto layer = std::find_if(
          stored_.begin(), stored_.end(), [&](const StoredLayer& one) {
            return one.group == target.placed.group &&
                   one.shapes.size() == target.weights.size();
          });
      if (layer == stored_.end()) return false;
      found.push_back(&*layer);
    }
    for (std::size_t i = 0; i < found.size(); ++i) take(targets_[i], *found[i]);
    return true;
  }

  void match(const Rule& rule) {
    for (Target& target : targets_) {
      if (target.stored != nullptr) continue;
      const auto layer = std::find_if(
          stored_.begin(), stored_.end(), [&](const StoredLayer& one) {
            return taken_.count(&one) == 0 &&
                   one.shapes.size() == target.weights.size() &&
                   rule(target, one);
          });
      if (layer != stored_.end()) take(target, *layer);
    }
  }

  void take(Target& target, const StoredLayer& layer) {
    target.stored = &layer;
    taken_.insert(&layer);
  }

  std::vector<Target>& targets_;
  const std::vector<StoredLayer>& stored_;
  std::set<const StoredLayer*> taken_;
};

/// "a, b, c and 7 others"
std::string list(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMost); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kMost) {
    text += concat(" and ", names.size() - kMost, " others");
  }
  return text;
}

std::optional<LoadWeightsReport::Mismatch> mismatch_of(const Target& target) {
  for (std::size_t i = 0; i < target.weights.size(); ++i) {
    const Shape& shape = target.weights[i].tensor.shape();
    if (shape != target.stored->shapes[i]) {
      return {{target.placed.path, target.weights[i].name, shape,
               target.stored->shapes[i]}};
    }
  }
  return {};
}

/// Throws where a layer's weights have other names in a file that has names.
void require_names(const std::string& file, const Target& target,
                   const StoredLayer& layer) {
  std::vector<std::string> in_model;
  for (const Weight& weight : target.weights) in_model.push_back(weight.name);
  std::vector<std::string> in_file;
  for (const std::string& variable : layer.variables) {
    in_file.push_back(last_part(variable));
  }
  if (in_model == in_file) return;
  fail(file, ": ", title(*target.placed.layer), " has the weights ",
       list(in_model), " in the model and ", list(in_file), " in the file, as ",
       layer.path);
}

void require_whole(const std::string& file, const LoadWeightsReport& report) {
  if (!report.missing.empty()) {
    fail(file, " has no weights for ", list(report.missing));
  }
  if (!report.unused.empty()) {
    fail(file, " has weights for layers that the model doesn't have: ",
         list(report.unused));
  }
}

}  // namespace

std::string LoadWeightsReport::text() const {
  std::string text = concat(matched.size(), " layers matched\n");
  const auto add = [&](const char* what,
                       const std::vector<std::string>& names) {
    if (names.empty()) return;
    text += concat(names.size(), " ", what, ": ", list(names), "\n");
  };
  add("in the model only", missing);
  add("in the file only", unused);
  for (const Mismatch& one : mismatched) {
    text += concat("skipped ", one.layer, ": its ", one.weight, " is ",
                   one.model, " in the model and ", one.file, " in the file\n");
  }
  return text;
}

LoadWeightsReport load_weights(Model& model, const std::filesystem::path& path,
                               const LoadWeightsOptions& options) {
  const std::string file = path.string();
  const StoredFile stored = read_stored_file(path);
  std::vector<Target> targets = targets_of(model, stored.named);
  const Matching matching(targets, stored.layers);

  LoadWeightsReport report;
  report.unused = matching.unused();
  struct Change {
    Tensor weight;
    Tensor read;
  };
  std::vector<Change> changes;
  for (const Target& target : targets) {
    const std::string& layer = target.placed.path;
    for (const StoredLayer& one : stored.layers) {
      if (!stored.named) break;
      if (&one == target.stored || one.path == layer) {
        require_names(file, target, one);
      }
    }
    if (target.stored == nullptr) {
      report.missing.push_back(layer);
      continue;
    }
    if (const auto mismatch = mismatch_of(target)) {
      if (!options.skip_mismatch) {
        fail(file, ": the ", mismatch->weight, " of ",
             title(*target.placed.layer), " has the shape ", mismatch->model,
             " in the model and ", mismatch->file, " in the file");
      }
      report.mismatched.push_back(*mismatch);
      continue;
    }
    report.matched.push_back(layer);
    for (std::size_t i = 0; i < target.weights.size(); ++i) {
      const Tensor& weight = target.weights[i].tensor;
      changes.push_back({weight, Tensor(weight.shape(), weight.dtype())});
      stored.read(target.stored->variables[i], changes.back().read);
    }
  }
  if (options.whole) require_whole(file, report);
  if (report.matched.empty()) {
    fail(file, " has no weights that fit model '", model.name(),
         "'; it has weights for ", list(report.unused), ", the model wants ",
         list(report.missing));
  }
  for (const Change& change : changes) change.weight.copy_from(change.read);
  return report;
}

void save_weights(const Model& model, const std::filesystem::path& path) {
  constexpr std::string_view kEnding = ".weights.h5";
  if (path.extension() == ".safetensors") {
    write_atomically(path, make_safetensors(named_weights(model)));
    return;
  }
  if (!path.filename().string().ends_with(kEnding) ||
      path.filename() == kEnding) {
    fail(path.string(),
         " can't be saved: Keras reads only names that end in .weights.h5; "
         "else there is .safetensors");
  }
  WeightsWriter writer;
  write_weights(model, writer);
  write_atomically(path, writer.finish());
}

}  // namespace lathe::models
