#pragma once

#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/cpu/workspace.h"
#include "core/kernel.h"
#include "core/parallel.h"

namespace lathe::cpu {

/// oneDNN's name of float32 or bfloat16.
inline dnnl::memory::data_type type_of(DType dtype) {
  return dtype == DType::bfloat16 ? dnnl::memory::data_type::bf16
                                  : dnnl::memory::data_type::f32;
}

/// Sets thread_count() until it ends.
class WithThreads {
 public:
  explicit WithThreads(int threads) : before_(thread_count()) {
    if (before_ != threads) set_thread_count(threads);
  }
  ~WithThreads() { set_thread_count(before_); }
  WithThreads(const WithThreads&) = delete;
  WithThreads& operator=(const WithThreads&) = delete;

 private:
  int before_;
};

/// Primitives of oneDNN one after another over the memory of a Kernel: built
/// once, then run without allocating. A sequence must not run twice at a time.
/// It runs with as many threads as there were when it was begun: on these its
/// results' last bits may depend, as oneDNN cuts reductions by them.
class OneDnnSequence {
 public:
  using Arguments = std::vector<std::pair<int, dnnl::memory>>;

  static const dnnl::engine& engine();
  /// Attributes of primitives whose scratch memory is in the workspace.
  static dnnl::primitive_attr attributes();

  /// Memory that is input or output `index` of the kernel.
  dnnl::memory input(const dnnl::memory::desc& desc, std::size_t index);
  dnnl::memory output(const dnnl::memory::desc& desc, std::size_t index);
  /// Memory in the workspace.
  dnnl::memory temporary(const dnnl::memory::desc& desc);
  /// Input `index` as `wanted` says, reordered from `given` where they differ.
  dnnl::memory input_as(const dnnl::memory::desc& wanted,
                        const dnnl::memory::desc& given, std::size_t index);

  template <class Primitive>
  void add(const typename Primitive::primitive_desc& description,
           Arguments arguments) {
    const auto scratchpad = description.scratchpad_desc();
    if (scratchpad.get_size() > 0) {
      arguments.emplace_back(DNNL_ARG_SCRATCHPAD, temporary(scratchpad));
    }
    add_step(Primitive(description), arguments);
  }
  void add_reorder(const dnnl::memory& from, const dnnl::memory& to);

  /// The kernel that runs what was added.
  Kernel kernel(std::string implementation) &&;

 private:
  enum class Place { input, output, workspace };
  struct Binding {
    dnnl::memory memory;
    Place place;
    std::size_t index;
    void* bound = nullptr;
  };
  struct Step {
    dnnl::primitive primitive;
    Arguments memories;  // owns what `arguments` refers to
    std::vector<dnnl_exec_arg_t> arguments;
  };

  dnnl::memory bind(const dnnl::memory::desc& desc, Place place,
                    std::size_t index);
  void add_step(dnnl::primitive primitive, const Arguments& arguments);
  void run(const KernelArguments& arguments);

  std::vector<Binding> bindings_;
  std::vector<Step> steps_;
  WorkspaceLayout workspace_;
  int threads_ = thread_count();
};

}  // namespace lathe::cpu
