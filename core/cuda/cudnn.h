#pragma once

#include <cudnn_graph.h>

#include <cstdint>
#include <memory>
#include <source_location>
#include <span>
#include <string_view>
#include <vector>

namespace lathe::cuda::cudnn {

/// The functions of cuDNN that are called; it is opened at run time.
struct Functions {
  Functions();

  decltype(&cudnnGetVersion) get_version;
  decltype(&cudnnGetErrorString) get_error_string;
  decltype(&cudnnGetLastErrorString) get_last_error_string;
  decltype(&cudnnCreate) create;
  decltype(&cudnnDestroy) destroy;
  decltype(&cudnnSetStream) set_stream;
  decltype(&cudnnBackendCreateDescriptor) create_descriptor;
  decltype(&cudnnBackendDestroyDescriptor) destroy_descriptor;
  decltype(&cudnnBackendFinalize) finalize;
  decltype(&cudnnBackendSetAttribute) set_attribute;
  decltype(&cudnnBackendGetAttribute) get_attribute;
  decltype(&cudnnBackendExecute) execute;
};

/// Throws Error where this machine has no cuDNN 9.
const Functions& functions();

/// Throws Error naming the call, what cuDNN says, and where it was made, unless
/// `status` is a success.
void check(cudnnStatus_t status, std::string_view call,
           std::source_location where = std::source_location::current());

/// The process' handle, for kernels in `stream`. It needs a device.
cudnnHandle_t handle(void* stream);

/// cuDNN's name for the type of an attribute whose values are a T.
template <class T>
struct TypeOf;
template <>
struct TypeOf<bool> {
  static constexpr auto value = CUDNN_TYPE_BOOLEAN;
};
template <>
struct TypeOf<char> {
  static constexpr auto value = CUDNN_TYPE_CHAR;
};
template <>
struct TypeOf<std::int64_t> {
  static constexpr auto value = CUDNN_TYPE_INT64;
};
template <>
struct TypeOf<float> {
  static constexpr auto value = CUDNN_TYPE_FLOAT;
};
template <>
struct TypeOf<void*> {
  static constexpr auto value = CUDNN_TYPE_VOID_PTR;
};
template <>
struct TypeOf<cudnnDataType_t> {
  static constexpr auto value = CUDNN_TYPE_DATA_TYPE;
};
template <>
struct TypeOf<cudnnHandle_t> {
  static constexpr auto value = CUDNN_TYPE_HANDLE;
};
template <>
struct TypeOf<cudnnConvolutionMode_t> {
  static constexpr auto value = CUDNN_TYPE_CONVOLUTION_MODE;
};
template <>
struct TypeOf<cudnnPointwiseMode_t> {
  static constexpr auto value = CUDNN_TYPE_POINTWISE_MODE;
};
template <>
struct TypeOf<cudnnBackendHeurMode_t> {
  static constexpr auto value = CUDNN_TYPE_HEUR_MODE;
};
template <>
struct TypeOf<cudnnBackendKnobType_t> {
  static constexpr auto value = CUDNN_TYPE_KNOB_TYPE;
};
template <>
struct TypeOf<cudnnBackendNumericalNote_t> {
  static constexpr auto value = CUDNN_TYPE_NUMERICAL_NOTE;
};
template <class T>
inline constexpr cudnnBackendAttributeType_t kTypeOf = TypeOf<T>::value;

/// A descriptor of cuDNN's backend API: attributes, then finalize(). Copies
/// share it, and it keeps those that it is made of.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type);

  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, const T& value) {
    return set_values(name, kTypeOf<T>, 1, &value);
  }
  template <class T>
  Descriptor& set(cudnnBackendAttributeName_t name, std::span<const T> values) {
    return set_values(name, kTypeOf<T>,
                      static_cast<std::int64_t>(values.size()), values.data());
  }
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& part);
  Descriptor& set(cudnnBackendAttributeName_t name,
                  const std::vector<Descriptor>& parts);

  /// Throws Error where cuDNN does not support what is described.
  Descriptor& finalize(
      std::source_location where = std::source_location::current());
  /// The same, but false instead of an Error.
  bool try_to_finalize();

  template <class T>
  T get(cudnnBackendAttributeName_t name) const {
    T value{};
    std::int64_t count = 0;
    get_values(name, kTypeOf<T>, 1, &count, &value);
    return value;
  }
  /// At most `most` values.
  template <class T>
  std::vector<T> get(cudnnBackendAttributeName_t name,
                     std::int64_t most) const {
    std::vector<T> values(static_cast<std::size_t>(most));
    std::int64_t count = 0;
    get_values(name, kTypeOf<T>, most, &count, values.data());
    values.resize(static_cast<std::size_t>(count < most ? count : most));
    return values;
  }
  /// At most `most` descriptors of that type.
  std::vector<Descriptor> get(cudnnBackendAttributeName_t name,
                              cudnnBackendDescriptorType_t type,
                              std::int64_t most) const;
  /// How many values there are.
  std::int64_t count(cudnnBackendAttributeName_t name,
                     cudnnBackendAttributeType_t type) const;

  cudnnBackendDescriptor_t raw() const { return state_->raw; }

 private:
  struct State {
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State();
    cudnnBackendDescriptor_t raw = nullptr;
    std::vector<Descriptor> parts;
  };

  Descriptor& set_values(cudnnBackendAttributeName_t name,
                         cudnnBackendAttributeType_t type, std::int64_t count,
                         const void* values);
  void get_values(cudnnBackendAttributeName_t name,
                  cudnnBackendAttributeType_t type, std::int64_t most,
                  std::int64_t* count, void* values) const;

  std::shared_ptr<State> state_;
};

}  // namespace lathe::cuda::cudnn
