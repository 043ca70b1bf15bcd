#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/graph.h"
#include "layers/layer.h"
#include "models/predict.h"

namespace lathe::models {

/// Whether a new layer's weights are drawn, or left for somebody to write, who
/// then reads them from a file.
enum class FirstWeights { drawn, left_open };

struct ModelOptions {
  std::vector<layers::Symbol> inputs;
  std::vector<layers::Symbol> outputs;
  /// An empty name is "functional", or within another model the first of
  /// functional, functional_1, ... that is free.
  std::string name = {};
  /// Whether files call it a Sequential; only for a chain of layers.
  bool sequential = false;
  /// Of layers that are in no other model.
  FirstWeights first_weights = FirstWeights::drawn;
};

struct LoweringOptions {
  std::int64_t batch = 1;
  /// With statistics of the batch, dropout, and moving statistics that move.
  bool training = false;
  /// MovingStatistics::warm_up; a negative number is exactly Keras.
  double statistics_warm_up = -1;
  /// The ranks that have parts of the batch, if there are others.
  std::shared_ptr<Communicator> ranks = {};
  /// Whether all batch normalisations take the whole batch's statistics, not
  /// only those that were made `synchronized`.
  bool synchronized_statistics = false;
};

/// A model's graph for one batch size.
struct LoweredModel {
  graph::Graph graph;
  /// In the model's order; float32, named after their input layers.
  std::vector<graph::ValueId> inputs;
  std::vector<graph::ValueId> outputs;
  /// In the order of Model::trainable_weights().
  std::vector<graph::ValueId> trainable;
  /// The memory of every weight and state but statistics_count.
  std::map<graph::ValueId, Tensor> bindings;
  /// A state, int64 (1), that the caller binds: batches that the moving
  /// statistics have seen. The graph counts it up. kNoValue if no layer needs
  /// it.
  graph::ValueId statistics_count = graph::kNoValue;
  /// An input named "draw", int64 (N + 2): seed, epoch, each row's sample id.
  /// kNoValue if no layer draws.
  graph::ValueId draw = graph::kNoValue;
};

/// A functional model: layers between inputs and outputs, with their weights.
/// Copies are the same model. A model of one output is a layer too.
class Model {
 public:
  /// Names the layers nobody named (Definition) and initializes, with seed 0,
  /// those that are in no other model. Throws Error for symbols that don't
  /// depend on the inputs and for names used twice.
  explicit Model(ModelOptions options);
  Model(const layers::Symbol& input, const layers::Symbol& output,
        std::string name = {});

  /// The model as a layer of another, whose training trains its weights.
  layers::Layer as_layer() const;
  layers::Symbol operator()(const layers::Symbol& input,
                            layers::CallOptions options = {}) const {
    return as_layer()(input, options);
  }

  const std::string& name() const;
  const std::vector<layers::Symbol>& inputs() const;
  const std::vector<layers::Symbol>& outputs() const;
  /// (N, ...) of the only input or output; throws Error if there are several.
  const Shape& input_shape() const;
  const Shape& output_shape() const;

  /// In the order of Keras' model.layers, by depth, which weights files follow.
  const std::vector<std::shared_ptr<layers::Definition>>& layers() const;
  /// The same with the layers of nested models in these models' place.
  std::vector<std::shared_ptr<layers::Definition>> flat_layers() const;
  /// One of layers(); throws Error listing the layers there are.
  layers::Definition& layer(std::string_view name) const;

  /// Layer after layer, those of a layer in its own order; sharing memory.
  std::vector<layers::Weight> weights() const;
  std::vector<layers::Weight> trainable_weights() const;
  std::int64_t count_params() const;
  std::int64_t count_trainable_params() const;

  /// Whether anything of the model is trained.
  bool trainable() const;
  /// Freezes or thaws every layer, nested models' too.
  void set_trainable(bool trainable);
  /// Freezes the first `count` of flat_layers() and thaws the others; throws
  /// Error unless some weights are left to train.
  void freeze_first(std::int64_t count);
  /// Freezes the nested models, or in a model without them all layers up to the
  /// last one that gives images (N, H, W, C), and thaws the others. Throws
  /// Error for a model that has nothing else to train.
  void freeze_backbone();

  /// What the output's numbers stand for, in order; kept in .keras files. Empty
  /// if nobody said it.
  const std::vector<std::string>& class_names() const;
  /// Throws Error unless there is a name, in UTF-8, for each of the output's
  /// channels (of one channel, two names: for 0 and 1), or none at all.
  void set_class_names(std::vector<std::string> names);

  /// Draws all weights anew.
  void initialize(std::uint64_t seed);
  /// Copies another model's weights; throws Error unless the shapes agree.
  void copy_weights_from(const Model& other);

  /// Keras' table of layers, shapes and parameters.
  std::string summary() const;

  /// What get_config() of keras.Model returns.
  nlohmann::json config() const;
  /// config() with the class it is of, as config.json has it.
  nlohmann::json serialized() const;
  /// From a config like the above, or an object with class_name "Functional",
  /// "Model" or "Sequential" and a config in it, as in config.json. Throws
  /// Error naming the layer at fault.
  static Model from_config(const nlohmann::json& object,
                           FirstWeights first_weights = FirstWeights::drawn);

  /// A graph of this model. Outputs are not marked.
  LoweredModel lower(const LoweringOptions& options) const;

  /// The output for images (N, H, W, C), uint8 or float32: uint8 is multiplied
  /// by input_scale(), float32 is taken as it is. Runs batch by batch, compiled
  /// once a batch size and device. For models of one input and one output; not
  /// from several threads at once.
  Tensor predict(const Tensor& images,
                 const PredictOptions& options = {}) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// What uint8 images are multiplied with on their way to the model's float32:
/// 1 / 255, or 1 where the model begins with its own Rescaling or
/// Normalization, also within nested models and after augmentation layers.
float input_scale(const Model& model);

}  // namespace lathe::models
