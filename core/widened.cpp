#include "core/widened.h"

#include <algorithm>

#include "core/graph/bfloat16.h"

namespace lathe {
namespace {

using graph::Specs;

bool is_bfloat16(const TensorSpec& spec) {
  return spec.dtype == DType::bfloat16;
}

// The values of one side of a kernel that are bfloat16, and the places of their
// counterparts in the workspace.
struct Widened {
  std::vector<std::size_t> values;
  std::vector<std::size_t> places;
  Specs narrow;
  Specs wide;

  // Puts the counterparts from `end` on, which moves beyond them.
  Widened(const Specs& specs, std::size_t& end) {
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (!is_bfloat16(specs[i])) continue;
      values.push_back(i);
      places.push_back(end);
      narrow.push_back(specs[i]);
      wide.push_back({specs[i].shape, DType::float32});
      end += aligned(wide.back().bytes());
    }
  }

  // Puts the memory of the counterparts in its place among `memory`; what was
  // there, and it, for a cast.
  void replace(std::byte* workspace, std::vector<void*>& memory,
               std::vector<void*>& was, std::vector<void*>& is) const {
    was.clear();
    is.clear();
    for (std::size_t i = 0; i < values.size(); ++i) {
      was.push_back(memory[values[i]]);
      is.push_back(workspace + places[i]);
      memory[values[i]] = is.back();
    }
  }
};

// What a run needs; kept, so that none allocates.
struct Memory {
  std::vector<void*> inputs;
  std::vector<void*> outputs;
  std::vector<void*> narrow;
  std::vector<void*> wide;
};

}  // namespace

bool has_bfloat16(const Signature& signature) {
  return std::any_of(signature.inputs.begin(), signature.inputs.end(),
                     is_bfloat16) ||
         std::any_of(signature.outputs.begin(), signature.outputs.end(),
                     is_bfloat16);
}

Kernel widened(const Signature& signature,
               const std::function<Kernel(const Signature&)>& make_float32,
               const std::function<Kernel(const graph::Cast&,
                                          const Signature&)>& make_cast) {
  std::size_t bytes = 0;
  const Widened inputs(signature.inputs, bytes);
  const Widened outputs(signature.outputs, bytes);
  const Kernel widen =
      make_cast({.to = DType::float32},
                {.inputs = inputs.narrow, .outputs = inputs.wide});
  const Kernel round =
      make_cast({.to = DType::bfloat16},
                {.inputs = outputs.wide, .outputs = outputs.narrow});
  Signature wide = signature;
  wide.inputs = graph::in_float32(signature.inputs);
  wide.outputs = graph::in_float32(signature.outputs);
  Kernel kernel = make_float32(wide);
  kernel.run = [=, compute = kernel.run,
                memory = Memory()](const KernelArguments& call) mutable {
    auto& [in, out, was, is] = memory;
    in.assign(call.inputs.begin(), call.inputs.end());
    out.assign(call.outputs.begin(), call.outputs.end());
    auto* workspace = static_cast<std::byte*>(call.workspace);
    inputs.replace(workspace, in, was, is);
    widen.run({.inputs = was, .outputs = is, .stream = call.stream});
    outputs.replace(workspace, out, was, is);
    compute({.inputs = in,
             .outputs = out,
             .workspace = workspace + bytes,
             .stream = call.stream});
    round.run({.inputs = is, .outputs = was, .stream = call.stream});
  };
  kernel.workspace_bytes += bytes;
  kernel.implementation += " in float32";
  return kernel;
}

}  // namespace lathe
