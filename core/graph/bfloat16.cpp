#include "core/graph/bfloat16.h"

#include <algorithm>

namespace lathe::graph {
namespace {

using Values = std::optional<Bfloat16Values>;
using Flags = std::vector<bool>;

// Inputs that come last, all or none of them there.
Flags followed_by(Flags flags, std::size_t count, bool flag) {
  flags.resize(std::max(count, flags.size()), flag);
  return flags;
}

Values all_values(std::size_t inputs) {
  return Bfloat16Values{.inputs = Flags(inputs, true), .outputs = {true}};
}

Values values_of(const Convolution& operation, SpecSpan inputs) {
  Values values = all_values(inputs.size());
  if (operation.means) values->outputs.push_back(false);
  return values;
}
// The channels of x are multiplied in pairs.
Values values_of(const ExpandedConvolution& operation, SpecSpan inputs) {
  if (inputs[0].shape.back() % 2 != 0) return {};
  Values values = all_values(inputs.size());
  if (operation.means) values->outputs.push_back(false);
  return values;
}
Values values_of(const ConvolutionInputGradient&, SpecSpan inputs) {
  return all_values(inputs.size());
}
Values values_of(const ConvolutionWeightGradient&, SpecSpan) {
  return Bfloat16Values{.inputs = {true, true}, .outputs = {false}};
}
Values values_of(const MatrixProduct&, SpecSpan inputs) {
  return Bfloat16Values{
      .inputs = followed_by({true, true}, inputs.size(), false),
      .outputs = {false}};
}

bool is_computed(ActivationKind kind) {
  return kind != ActivationKind::sigmoid;
}
Values values_of(const Activation& operation, SpecSpan inputs) {
  return is_computed(operation.kind) ? all_values(inputs.size()) : Values();
}
Values values_of(const ActivationGradient& operation, SpecSpan inputs) {
  return is_computed(operation.kind) ? all_values(inputs.size()) : Values();
}

Values values_of(const BatchNormalization& operation, SpecSpan inputs) {
  if (!is_computed(operation.activation)) return {};
  return Bfloat16Values{
      .inputs = followed_by({true, false, false}, inputs.size(), true),
      .outputs = {true, false, false}};
}
Values values_of(const BatchNormalizationGradient& operation, SpecSpan inputs) {
  if (!is_computed(operation.activation)) return {};
  Flags outputs{true, false, false};
  if (operation.residual) outputs.push_back(true);
  return Bfloat16Values{
      .inputs = followed_by({true, true, false, false, false, false},
                            inputs.size(), true),
      .outputs = outputs};
}
Values values_of(const FixedNormalization& operation, SpecSpan inputs) {
  if (!is_computed(operation.activation)) return {};
  return Bfloat16Values{
      .inputs =
          followed_by({true, false, false, false, false}, inputs.size(), true),
      .outputs = {true}};
}
Values values_of(const FixedNormalizationGradient&, SpecSpan) {
  return Bfloat16Values{.inputs = {true, true, false, false, false},
                        .outputs = {true, false, false}};
}

Values values_of(const MaxPooling&, SpecSpan) {
  return Bfloat16Values{.inputs = {true}, .outputs = {true, false}};
}
Values values_of(const MaxPoolingGradient&, SpecSpan) {
  return Bfloat16Values{.inputs = {true, false}, .outputs = {true}};
}
Values values_of(const Dropout&, SpecSpan) {
  return Bfloat16Values{.inputs = {true, false}, .outputs = {true}};
}

// The mean of a whole image is a sum, and small.
bool is_pixel(const Shape& shape) {
  return shape[1] * shape[2] == 1;
}
Values values_of(const AveragePooling& operation, SpecSpan inputs) {
  const Specs outputs = operation.output_specs(inputs);
  return Bfloat16Values{.inputs = {true},
                        .outputs = {!is_pixel(outputs[0].shape)}};
}
Values values_of(const AveragePoolingGradient&, SpecSpan inputs) {
  return Bfloat16Values{.inputs = {!is_pixel(inputs[0].shape)},
                        .outputs = {true}};
}

// What repeats is small.
Values values_of(const Multiply&, SpecSpan inputs) {
  const bool same = inputs[1].shape.elements() == inputs[0].shape.elements();
  return Bfloat16Values{.inputs = followed_by({true}, inputs.size(), same),
                        .outputs = {true}};
}
Values values_of(const ReduceSum&, SpecSpan inputs) {
  return Bfloat16Values{.inputs = Flags(inputs.size(), true),
                        .outputs = {false}};
}

template <class... Kinds>
struct AnyOf {
  template <class Kind>
  static constexpr bool has = (std::is_same_v<Kind, Kinds> || ...);
};
using Streaming = AnyOf<UpSampling, UpSamplingGradient, Add, Affine,
                        Concatenate, Slice, Pad, Reshape>;

}  // namespace

std::optional<Bfloat16Values> bfloat16_values(const Operation& operation,
                                              SpecSpan inputs) {
  const Values values = std::visit(
      [&]<class Kind>(const Kind& o) -> Values {
        if constexpr (Streaming::has<Kind>) {
          return all_values(inputs.size());
        } else if constexpr (requires { values_of(o, inputs); }) {
          return values_of(o, inputs);
        } else {
          return {};
        }
      },
      operation);
  if (!values) return {};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (values->inputs[i] && inputs[i].dtype != DType::float32) return {};
  }
  return values;
}

Specs in_bfloat16(Specs specs, const std::vector<bool>& chosen) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (chosen[i]) specs[i].dtype = DType::bfloat16;
  }
  return specs;
}

Specs in_float32(Specs specs) {
  for (TensorSpec& spec : specs) {
    if (spec.dtype == DType::bfloat16) spec.dtype = DType::float32;
  }
  return specs;
}

}  // namespace lathe::graph
