#include "core/cpu/onednn.h"

#include <memory>

#include "core/error.h"

namespace lathe::cpu {
namespace {

void check(dnnl_status_t status) {
  if (status != dnnl_success) {
    fail("oneDNN: running a primitive gave status ", static_cast<int>(status));
  }
}

const dnnl::stream& stream() {
  static const dnnl::stream instance(OneDnnSequence::engine());
  return instance;
}

}  // namespace

const dnnl::engine& OneDnnSequence::engine() {
  static const dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

dnnl::primitive_attr OneDnnSequence::attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::memory OneDnnSequence::bind(const dnnl::memory::desc& desc, Place place,
                                  std::size_t index) {
  const dnnl::memory memory(desc, engine(), DNNL_MEMORY_NONE);
  bindings_.push_back({.memory = memory, .place = place, .index = index});
  return memory;
}

dnnl::memory OneDnnSequence::input(const dnnl::memory::desc& desc,
                                   std::size_t index) {
  return bind(desc, Place::input, index);
}

dnnl::memory OneDnnSequence::output(const dnnl::memory::desc& desc,
                                    std::size_t index) {
  return bind(desc, Place::output, index);
}

dnnl::memory OneDnnSequence::temporary(const dnnl::memory::desc& desc) {
  const auto bytes = static_cast<std::int64_t>(desc.get_size());
  return bind(desc, Place::workspace, workspace_.add<std::byte>(bytes).offset);
}

dnnl::memory OneDnnSequence::input_as(const dnnl::memory::desc& wanted,
                                      const dnnl::memory::desc& given,
                                      std::size_t index) {
  const dnnl::memory source = input(given, index);
  if (wanted == given) return source;
  const dnnl::memory reordered = temporary(wanted);
  add_reorder(source, reordered);
  return reordered;
}

void OneDnnSequence::add_reorder(const dnnl::memory& from,
                                 const dnnl::memory& to) {
  add<dnnl::reorder>(
      dnnl::reorder::primitive_desc(engine(), from.get_desc(), engine(),
                                    to.get_desc(), attributes()),
      {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

void OneDnnSequence::add_step(dnnl::primitive primitive,
                              const Arguments& arguments) {
  Step step{.primitive = std::move(primitive),
            .memories = arguments,
            .arguments = {}};
  for (const auto& [index, memory] : arguments) {
    step.arguments.push_back({.arg = index, .memory = memory.get()});
  }
  steps_.push_back(std::move(step));
}

void OneDnnSequence::run(const KernelArguments& arguments) {
  // A primitive's scratch memory is cut for the threads it was made for.
  const WithThreads threads(threads_);
  for (Binding& binding : bindings_) {
    void* address = nullptr;
    switch (binding.place) {
      case Place::input:
        address = arguments.inputs[binding.index];
        break;
      case Place::output:
        address = arguments.outputs[binding.index];
        break;
      case Place::workspace:
        address = static_cast<std::byte*>(arguments.workspace) + binding.index;
        break;
    }
    if (address == binding.bound) continue;
    check(dnnl_memory_set_data_handle(binding.memory.get(), address));
    binding.bound = address;
  }
  for (const Step& step : steps_) {
    check(dnnl_primitive_execute(step.primitive.get(), stream().get(),
                                 static_cast<int>(step.arguments.size()),
                                 step.arguments.data()));
  }
}

Kernel OneDnnSequence::kernel(std::string implementation) && {
  const std::size_t bytes = workspace_.bytes();
  const auto sequence = std::make_shared<OneDnnSequence>(std::move(*this));
  return {
      .run = [sequence](const KernelArguments& call) { sequence->run(call); },
      .workspace_bytes = bytes,
      .implementation = std::move(implementation)};
}

}  // namespace lathe::cpu
