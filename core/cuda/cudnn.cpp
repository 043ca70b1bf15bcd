#include "core/cuda/cudnn.h"

#include <array>

#include "core/error.h"
#include "core/shared_library.h"

namespace lathe::cuda::cudnn {

Functions::Functions() {
  const SharedLibrary library("libcudnn.so.9");
  library.find(get_version, "cudnnGetVersion");
  library.find(get_error_string, "cudnnGetErrorString");
  library.find(get_last_error_string, "cudnnGetLastErrorString");
  library.find(create, "cudnnCreate");
  library.find(destroy, "cudnnDestroy");
  library.find(set_stream, "cudnnSetStream");
  library.find(create_descriptor, "cudnnBackendCreateDescriptor");
  library.find(destroy_descriptor, "cudnnBackendDestroyDescriptor");
  library.find(finalize, "cudnnBackendFinalize");
  library.find(set_attribute, "cudnnBackendSetAttribute");
  library.find(get_attribute, "cudnnBackendGetAttribute");
  library.find(execute, "cudnnBackendExecute");
}

const Functions& functions() {
  static const Functions functions;
  return functions;
}

void check(cudnnStatus_t status, std::string_view call,
           std::source_location where) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  std::array<char, 512> detail{};
  functions().get_last_error_string(detail.data(), detail.size());
  fail(call, ": ", functions().get_error_string(status), " ", detail.data(),
       " (", where.file_name(), ":", where.line(), ")");
}

cudnnHandle_t handle(void* stream) {
  // It ends with the process: at its exit the driver may be gone already.
  static const cudnnHandle_t handle = [] {
    cudnnHandle_t made = nullptr;
    check(functions().create(&made), "cudnnCreate");
    return made;
  }();
  check(functions().set_stream(handle, static_cast<cudaStream_t>(stream)),
        "cudnnSetStream");
  return handle;
}

Descriptor::State::~State() {
  if (raw != nullptr) functions().destroy_descriptor(raw);
}

Descriptor::Descriptor(cudnnBackendDescriptorType_t type)
    : state_(std::make_shared<State>()) {
  check(functions().create_descriptor(type, &state_->raw),
        "cudnnBackendCreateDescriptor");
}

Descriptor& Descriptor::set_values(cudnnBackendAttributeName_t name,
                                   cudnnBackendAttributeType_t type,
                                   std::int64_t count, const void* values) {
  const auto status =
      functions().set_attribute(raw(), name, type, count, values);
  if (status != CUDNN_STATUS_SUCCESS) {
    check(status, concat("cudnnBackendSetAttribute of ", name));
  }
  return *this;
}

void Descriptor::get_values(cudnnBackendAttributeName_t name,
                            cudnnBackendAttributeType_t type, std::int64_t most,
                            std::int64_t* count, void* values) const {
  const auto status =
      functions().get_attribute(raw(), name, type, most, count, values);
  if (status != CUDNN_STATUS_SUCCESS) {
    check(status, concat("cudnnBackendGetAttribute of ", name));
  }
}

Descriptor& Descriptor::set(cudnnBackendAttributeName_t name,
                            const Descriptor& part) {
  return set(name, std::vector{part});
}

Descriptor& Descriptor::set(cudnnBackendAttributeName_t name,
                            const std::vector<Descriptor>& parts) {
  std::vector<cudnnBackendDescriptor_t> raw_parts;
  for (const Descriptor& part : parts) {
    raw_parts.push_back(part.raw());
    state_->parts.push_back(part);
  }
  return set_values(name, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                    static_cast<std::int64_t>(raw_parts.size()),
                    raw_parts.data());
}

Descriptor& Descriptor::finalize(std::source_location where) {
  check(functions().finalize(raw()), "cudnnBackendFinalize", where);
  return *this;
}

bool Descriptor::try_to_finalize() {
  return functions().finalize(raw()) == CUDNN_STATUS_SUCCESS;
}

std::int64_t Descriptor::count(cudnnBackendAttributeName_t name,
                               cudnnBackendAttributeType_t type) const {
  std::int64_t result = 0;
  get_values(name, type, 0, &result, nullptr);
  return result;
}

std::vector<Descriptor> Descriptor::get(cudnnBackendAttributeName_t name,
                                        cudnnBackendDescriptorType_t type,
                                        std::int64_t most) const {
  std::vector<Descriptor> results;
  std::vector<cudnnBackendDescriptor_t> raw_results;
  for (std::int64_t i = 0; i < most; ++i) {
    results.emplace_back(type);
    raw_results.push_back(results.back().raw());
  }
  std::int64_t count = 0;
  get_values(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, most, &count,
             raw_results.data());
  results.erase(results.begin() + (count < most ? count : most), results.end());
  return results;
}

}  // namespace lathe::cuda::cudnn
