#include "augment/buffers.h"

namespace lathe::augment {

namespace {

/// The elements in the GPU's memory, as kernels take them.
Tensor read_there(const Tensor& tensor) {
  if (tensor.empty()) return tensor;
  return {tensor.spec(), tensor.device(), nullptr};
}
Tensor written_there(const Tensor& tensor) {
  if (tensor.empty()) return tensor;
  return {tensor.spec(), tensor.overwritten_on_device(), nullptr};
}

}  // namespace

void Pipeline::find_all_steps(std::size_t count, ImageSize size,
                              const Buffers& memory) const {
  for (std::size_t i = 0; i < count; ++i) {
    find_steps(pass(i), size, memory.of_pass(i));
    size = output_size(pass(i), size);
  }
}

// Numbers are drawn on the host, for all passes before the first one runs, so
// that one copy takes them all to the GPU, to where they were the time before.
void Pipeline::apply_on_gpu(const Targets& input, const BatchKey& key,
                            const Output& output, Workspace& workspace) const {
  check(*this, input, key, output);
  const Buffers sizes = gpu_buffers(input, nullptr, nullptr);
  const auto bytes = static_cast<std::int64_t>(sizes.bytes);
  if (workspace.parameters.empty() || workspace.parameters.elements() < bytes) {
    workspace.parameters = Tensor::pinned({{bytes}, DType::uint8});
  }
  workspace.gpu.reserve(sizes.gpu_bytes);
  Buffers memory =
      gpu_buffers(input, static_cast<std::byte*>(workspace.parameters.raw()),
                  workspace.gpu.base());
  const Shape& shape = input.images.shape();
  const ImageSize size{.height = shape[1], .width = shape[2]};
  draw(key, memory.table);
  if (needs_boxes()) fit(key.annotations, size, memory.table);
  const std::size_t count = pass_count(output);
  find_all_steps(count, size, memory);
  memory.gpu.copy =
      static_cast<const std::byte*>(workspace.parameters.device());
  Output there = output;
  there.images = written_there(output.images);
  there.masks = written_there(output.masks);
  run_passes(
      count, {.count = shape[0]},
      {.images = read_there(input.images), .masks = read_there(input.masks)},
      there, memory, Device::cuda);
}

}  // namespace lathe::augment
