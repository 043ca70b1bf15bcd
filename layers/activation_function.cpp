#include "layers/activation_function.h"

#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace lathe::layers {
namespace {

using graph::ActivationKind;

constexpr std::array<std::string_view, 6> kActivationNames = {
    "linear", "relu", "silu", "sigmoid", "softmax", "tanh"};

graph::Operation operation_of(ActivationFunction function) {
  switch (function) {
    case ActivationFunction::relu:
      return graph::Activation{.kind = ActivationKind::relu};
    case ActivationFunction::silu:
      return graph::Activation{.kind = ActivationKind::swish};
    case ActivationFunction::sigmoid:
      return graph::Activation{.kind = ActivationKind::sigmoid};
    case ActivationFunction::tanh:
      return graph::Activation{.kind = ActivationKind::tanh};
    case ActivationFunction::softmax:
      return graph::Softmax{};
    case ActivationFunction::linear:
      break;
  }
  return graph::Activation{};
}

}  // namespace

std::string_view name_of(ActivationFunction function) {
  return kActivationNames.at(static_cast<std::size_t>(function));
}

ActivationFunction activation_from(std::string_view name) {
  if (name == "swish") return ActivationFunction::silu;
  for (std::size_t i = 0; i < kActivationNames.size(); ++i) {
    if (kActivationNames[i] == name) return static_cast<ActivationFunction>(i);
  }
  fail("the activation '", name,
       "' is not supported; there are linear, relu, silu (swish), sigmoid, "
       "softmax and tanh");
}

void to_json(nlohmann::json& json, ActivationFunction function) {
  json = std::string(name_of(function));
}

graph::ValueId apply_activation(graph::Graph& graph,
                                ActivationFunction function, graph::ValueId x,
                                const std::string& name) {
  if (function == ActivationFunction::linear) return x;
  return graph.apply(operation_of(function), {x}, name);
}

}  // namespace lathe::layers
