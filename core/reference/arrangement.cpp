#include <cstring>

#include "core/reference/kernels.h"

namespace lathe::reference {
namespace {

// Copies a tensor of `extents` between two larger ones: element `place` of it
// is at place + from in `source` and at place + to in `target`.
struct BoxCopy {
  Shape extents;
  Shape source;
  Shape from;
  Shape target;
  Shape to;
  std::size_t size = 0;

  void run(const std::byte* input, std::byte* output) const {
    copy(0, 0, 0, input, output);
  }

 private:
  // `i` and `o` are the elements reached over the axes before `axis`.
  void copy(std::size_t axis, std::int64_t i, std::int64_t o,
            const std::byte* input, std::byte* output) const {
    if (axis == extents.rank()) {
      std::memcpy(output + static_cast<std::size_t>(o) * size,
                  input + static_cast<std::size_t>(i) * size, size);
      return;
    }
    for (std::int64_t k = 0; k < extents[axis]; ++k) {
      copy(axis + 1, i * source[axis] + from[axis] + k,
           o * target[axis] + to[axis] + k, input, output);
    }
  }
};

Shape zeros(std::size_t rank) {
  return Shape(std::vector<std::int64_t>(rank));
}

}  // namespace

Kernel make(const graph::Concatenate& operation, const Signature& signature) {
  std::vector<BoxCopy> copies;
  const TensorSpec& output = signature.outputs[0];
  Shape to = zeros(output.shape.rank());
  for (const TensorSpec& input : signature.inputs) {
    copies.push_back({.extents = input.shape,
                      .source = input.shape,
                      .from = zeros(to.rank()),
                      .target = output.shape,
                      .to = to,
                      .size = size_of(output.dtype)});
    to[operation.axis] += input.shape[operation.axis];
  }
  return {.run = [copies](const KernelArguments& memory) {
    for (std::size_t i = 0; i < copies.size(); ++i) {
      copies[i].run(memory.input<std::byte>(i), memory.output<std::byte>(0));
    }
  }};
}

Kernel make(const graph::Slice& operation, const Signature& signature) {
  const BoxCopy box{.extents = operation.extents,
                    .source = signature.inputs[0].shape,
                    .from = operation.begin,
                    .target = operation.extents,
                    .to = zeros(operation.extents.rank()),
                    .size = size_of(signature.inputs[0].dtype)};
  return {.run = [box](const KernelArguments& memory) {
    box.run(memory.input<std::byte>(0), memory.output<std::byte>(0));
  }};
}

Kernel make(const graph::Pad& operation, const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  const BoxCopy box{.extents = x.shape,
                    .source = x.shape,
                    .from = zeros(x.shape.rank()),
                    .target = signature.outputs[0].shape,
                    .to = operation.before,
                    .size = size_of(x.dtype)};
  const std::size_t bytes = signature.outputs[0].bytes();
  return {.run = [box, bytes](const KernelArguments& memory) {
    std::memset(memory.output<std::byte>(0), 0, bytes);
    box.run(memory.input<std::byte>(0), memory.output<std::byte>(0));
  }};
}

Kernel make(const graph::Reshape&, const Signature& signature) {
  return {.run = [bytes = signature.inputs[0].bytes()](
                     const KernelArguments& memory) {
    std::memmove(memory.output<std::byte>(0), memory.input<std::byte>(0),
                 bytes);
  }};
}

}  // namespace lathe::reference
