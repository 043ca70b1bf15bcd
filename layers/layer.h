#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/graph.h"
#include "core/tensor.h"
#include "layers/initializer.h"

namespace lathe::layers {

/// One variable of a layer, under Keras' name ("kernel", "gamma"). Copies share
/// the memory.
struct Weight {
  std::string name;
  Tensor tensor;
  /// Whether an optimizer changes it; moving statistics are not trainable.
  bool trainable = true;
  Initializer initializer;
};

/// What a layer works with when it adds its operations to a graph.
class Lowering {
 public:
  virtual ~Lowering() = default;
  virtual graph::Graph& graph() = 0;
  virtual bool training() const = 0;
  /// The graph's value for a weight of this layer.
  virtual graph::ValueId weight(const Weight& weight) = 0;
  /// int64 (N + 2): seed, epoch and each row's sample id, for layers that draw.
  virtual graph::ValueId draw() = 0;
  /// The number of this drawing layer among those of the model.
  virtual std::uint32_t next_random_operation() = 0;
  /// int64 (1): batches that the moving statistics have seen.
  virtual graph::ValueId statistics_count() = 0;
  /// MovingStatistics::warm_up for this graph: 0 and below is exact Keras.
  virtual double statistics_warm_up() const = 0;
};

/// A layer's description: options, weights, shapes, config, lowering. One a
/// layer of the model; handles (Layer) share it. Shapes include the batch axis,
/// which is -1 until a graph is made.
class Definition {
 public:
  explicit Definition(std::string name) : name_(std::move(name)) {}
  virtual ~Definition() = default;
  Definition(const Definition&) = delete;
  Definition& operator=(const Definition&) = delete;

  /// Keras' class name, "Conv2D".
  virtual std::string_view class_name() const = 0;
  /// What Keras' get_config() returns, without "name", "trainable", "dtype",
  /// which are added for every layer.
  virtual nlohmann::json config() const = 0;
  /// The shape rule; throws Error naming the layer.
  virtual Shape output_shape(const std::vector<Shape>& inputs) const = 0;
  /// Adds the operations of a call; output shape as output_shape says.
  virtual graph::ValueId lower(
      Lowering& lowering, const std::vector<graph::ValueId>& inputs) const = 0;

  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  /// In Keras' order of creation; empty before the first call. A
  /// SeparableConv2D's are depthwise_kernel, pointwise_kernel, bias.
  const std::vector<Weight>& weights() const { return weights_; }
  std::int64_t parameter_count() const;
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable) { trainable_ = trainable; }

  /// Makes the weights for inputs of these shapes, once; a second call with
  /// shapes that need other weights throws Error.
  void build(const std::vector<Shape>& inputs);
  bool built() const { return built_; }
  const std::vector<Shape>& build_shapes() const { return build_shapes_; }

 protected:
  /// Calls add_weight for each.
  virtual void create_weights(const std::vector<Shape>&) {}
  void add_weight(std::string name, Shape shape, Initializer initializer,
                  bool trainable = true);

 private:
  std::string name_;
  bool trainable_ = true;
  bool built_ = false;
  std::vector<Shape> build_shapes_;
  std::vector<Weight> weights_;
};

struct Call;

/// The result of calling a layer: a tensor that will be. Shape (N, ...) with N
/// = -1.
class Symbol {
 public:
  Symbol() = default;
  explicit Symbol(std::shared_ptr<const Call> call) : call_(std::move(call)) {}
  const Shape& shape() const;
  const std::shared_ptr<const Call>& call() const { return call_; }

 private:
  std::shared_ptr<const Call> call_;
};

/// A layer applied to inputs.
struct Call {
  std::shared_ptr<Definition> layer;
  std::vector<Symbol> inputs;
  Shape shape;
};

/// What users hold: `Conv2D({.filters = 32, .kernel_size = 3})(x)`. Copies are
/// the same layer; calling one twice shares its weights.
class Layer {
 public:
  explicit Layer(std::shared_ptr<Definition> definition)
      : definition_(std::move(definition)) {}

  Symbol operator()(const Symbol& input) const;
  Symbol operator()(const std::vector<Symbol>& inputs) const;

  Definition& definition() const { return *definition_; }
  const std::shared_ptr<Definition>& shared_definition() const {
    return definition_;
  }
  const std::string& name() const { return definition_->name(); }

 private:
  std::shared_ptr<Definition> definition_;
};

}  // namespace lathe::layers
