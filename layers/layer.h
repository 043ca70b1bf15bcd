#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/graph/graph.h"
#include "core/tensor.h"
#include "layers/initializer.h"
#include "layers/window.h"

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
  /// A value that never changes, for numbers that are options of a layer.
  virtual graph::ValueId constant(const std::string& name,
                                  const Tensor& tensor) = 0;
  /// int64 (N + 2): seed, epoch and each row's sample id, for layers that draw.
  virtual graph::ValueId draw() = 0;
  /// The number of this drawing layer among those of the model.
  virtual std::uint32_t next_random_operation() = 0;
  /// The number of this augmenting layer among those of the model.
  virtual std::uint32_t next_augmentation() = 0;
  /// int64 (1): batches that the moving statistics have seen.
  virtual graph::ValueId statistics_count() = 0;
  /// MovingStatistics::warm_up for this graph; negative is exactly Keras.
  virtual double statistics_warm_up() const = 0;
  /// With whom a batch normalisation shares its batch's statistics, by its
  /// option `synchronized`; null for nobody.
  virtual std::shared_ptr<Communicator> statistics_ranks(
      bool synchronized) const = 0;
};

/// A layer's description: options, weights, shapes, config, lowering. One a
/// layer of the model; handles (Layer) share it. Shapes include the batch axis,
/// which is -1 until a graph is made.
class Definition {
 public:
  /// An empty name lets the model number the layer as Keras does: conv2d,
  /// conv2d_1, ... in the order in which its layers were made.
  Definition(std::string_view class_name, std::string name);
  virtual ~Definition() = default;
  Definition(const Definition&) = delete;
  Definition& operator=(const Definition&) = delete;

  /// What Keras' get_config() returns.
  virtual nlohmann::json config() const = 0;
  /// The shape rule; throws Error naming the layer.
  virtual Shape output_shape(const std::vector<Shape>& inputs) const = 0;
  /// Adds the operations of a call; output shape as output_shape says.
  virtual graph::ValueId lower(
      Lowering& lowering, const std::vector<graph::ValueId>& inputs) const = 0;

  /// Keras' name of the class: "Conv2D".
  const std::string& class_name() const { return class_name_; }
  const std::string& name() const { return name_; }
  void set_name(std::string name);
  /// Whether nobody chose the name yet.
  bool has_default_name() const { return default_name_; }
  /// Counts up in the order in which the process makes layers.
  std::uint64_t serial() const { return serial_; }

  /// In Keras' order of creation; empty before the first call. A
  /// SeparableConv2D's are depthwise_kernel, pointwise_kernel, bias.
  const std::vector<Weight>& weights() const { return weights_; }
  /// Those of sublayers too.
  std::int64_t parameter_count() const;
  /// A layer that is not trainable keeps its weights, and a batch
  /// normalisation also its statistics.
  bool trainable() const { return trainable_; }
  /// A model passes it on to its layers.
  virtual void set_trainable(bool trainable) { trainable_ = trainable; }

  /// The layers of a layer that is a model, in the model's order; their weights
  /// are not among weights().
  virtual const std::vector<std::shared_ptr<Definition>>& sublayers() const;

  /// Makes the weights for inputs of these shapes, once; a second call with
  /// shapes that need other weights throws Error.
  void build(const std::vector<Shape>& inputs);
  bool built() const { return built_; }
  const std::vector<Shape>& build_shapes() const { return build_shapes_; }
  /// Draws all weights; `first_index` is the first one's index in the model.
  void initialize(std::uint64_t seed, std::uint32_t first_index);
  /// Says that somebody else writes the weights, whose memory holds anything
  /// until then.
  void mark_initialized() { initialized_ = true; }
  bool initialized() const { return initialized_; }

 protected:
  /// Calls add_weight for each.
  virtual void create_weights(const std::vector<Shape>&) {}
  void add_weight(std::string name, Shape shape, Initializer initializer,
                  bool trainable = true, DType dtype = DType::float32);

  /// The entries of config() that all layers have.
  nlohmann::json base_config() const;

  /// Throws Error: "Conv2D 'stem': " and the parts.
  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(who(), ": ", parts...);
  }
  /// "Conv2D 'stem'", for errors.
  std::string who() const { return concat(class_name_, " '", name_, "'"); }
  /// Throws unless kernel, strides and dilation are at least 1, and strides or
  /// dilation are 1, as Keras wants it; `kernel` is the option's name.
  void require_window(const WindowOptions& window,
                      std::string_view kernel) const;
  /// The only input's shape; throws unless there is one.
  const Shape& single(const std::vector<Shape>& inputs) const;
  /// The same for an image (N, H, W, C).
  const Shape& single_image(const std::vector<Shape>& inputs) const;

 private:
  std::string class_name_;
  bool default_name_;
  std::string name_;
  std::uint64_t serial_;
  bool trainable_ = true;
  bool built_ = false;
  bool initialized_ = false;
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

struct CallOptions {
  /// Whether the layer trains when its model does. Without, as Keras'
  /// training=False: no dropout, and batch normalisation with its moving
  /// statistics, which stay; weights are trained all the same.
  bool training = true;
};

/// A layer applied to inputs.
struct Call {
  std::shared_ptr<Definition> layer;
  std::vector<Symbol> inputs;
  Shape shape;
  CallOptions options = {};
  /// Counts up in the order in which the process calls layers.
  std::uint64_t serial = 0;
};

/// What users hold: `Conv2D({.filters = 32, .kernel_size = 3})(x)`. Copies are
/// the same layer; calling one twice shares its weights.
class Layer {
 public:
  explicit Layer(std::shared_ptr<Definition> definition)
      : definition_(std::move(definition)) {}

  Symbol operator()(const Symbol& input, CallOptions options = {}) const;
  Symbol operator()(const std::vector<Symbol>& inputs,
                    CallOptions options = {}) const;

  Definition& definition() const { return *definition_; }
  const std::shared_ptr<Definition>& shared_definition() const {
    return definition_;
  }
  const std::string& name() const { return definition_->name(); }

 private:
  std::shared_ptr<Definition> definition_;
};

/// Keras' snake_case of a class name: "Conv2DTranspose" to "conv2d_transpose",
/// "ReLU" to "re_lu".
std::string snake_case(std::string_view class_name);

}  // namespace lathe::layers
