#include <cublasLt.h>

#include <memory>

#include "core/cuda/backend.h"
#include "core/cuda/matrix_product.h"
#include "core/cuda/runtime.h"
#include "core/cuda/workspace.h"
#include "core/error.h"
#include "core/shared_library.h"

namespace lathe::cuda {
namespace {

// The functions of cuBLASLt that are called; it is opened at run time.
struct Functions {
  Functions() {
    static_assert(CUBLAS_VER_MAJOR == 13 || CUBLAS_VER_MAJOR == 12);
    const SharedLibrary library(CUBLAS_VER_MAJOR == 13 ? "libcublasLt.so.13"
                                                       : "libcublasLt.so.12");
    library.find(get_version, "cublasLtGetVersion");
    library.find(create, "cublasLtCreate");
    library.find(status_string, "cublasLtGetStatusString");
    library.find(layout_create, "cublasLtMatrixLayoutCreate");
    library.find(layout_destroy, "cublasLtMatrixLayoutDestroy");
    library.find(description_create, "cublasLtMatmulDescCreate");
    library.find(description_destroy, "cublasLtMatmulDescDestroy");
    library.find(description_set, "cublasLtMatmulDescSetAttribute");
    library.find(preference_create, "cublasLtMatmulPreferenceCreate");
    library.find(preference_destroy, "cublasLtMatmulPreferenceDestroy");
    library.find(preference_set, "cublasLtMatmulPreferenceSetAttribute");
    library.find(heuristic, "cublasLtMatmulAlgoGetHeuristic");
    library.find(product, "cublasLtMatmul");
  }

  decltype(&cublasLtGetVersion) get_version;
  decltype(&cublasLtCreate) create;
  decltype(&cublasLtGetStatusString) status_string;
  decltype(&cublasLtMatrixLayoutCreate) layout_create;
  decltype(&cublasLtMatrixLayoutDestroy) layout_destroy;
  decltype(&cublasLtMatmulDescCreate) description_create;
  decltype(&cublasLtMatmulDescDestroy) description_destroy;
  decltype(&cublasLtMatmulDescSetAttribute) description_set;
  decltype(&cublasLtMatmulPreferenceCreate) preference_create;
  decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy;
  decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic;
  decltype(&cublasLtMatmul) product;
};

const Functions& functions() {
  static const Functions functions;
  return functions;
}

void check(cublasStatus_t status, std::string_view call,
           std::source_location where = std::source_location::current()) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail(call, ": ", functions().status_string(status), " (", where.file_name(),
       ":", where.line(), ")");
}

// It ends with the process: at its exit the driver may be gone already.
cublasLtHandle_t handle() {
  static const cublasLtHandle_t handle = [] {
    cublasLtHandle_t made = nullptr;
    check(functions().create(&made), "cublasLtCreate");
    return made;
  }();
  return handle;
}

// What NVIDIA recommends for Hopper.
constexpr std::uint64_t kMostWorkspace = std::uint64_t{32} << 20;

using Layout = std::shared_ptr<cublasLtMatrixLayoutOpaque_t>;
using Description = std::shared_ptr<cublasLtMatmulDescOpaque_t>;
using Preference = std::shared_ptr<cublasLtMatmulPreferenceOpaque_t>;

cudaDataType_t type_of(DType dtype) {
  return dtype == DType::bfloat16 ? CUDA_R_16BF : CUDA_R_32F;
}

// cuBLASLt's matrices are columns one after another: one of ours is its
// transpose.
Layout layout(DType dtype, std::int64_t rows, std::int64_t columns) {
  cublasLtMatrixLayout_t made = nullptr;
  check(functions().layout_create(&made, type_of(dtype),
                                  static_cast<std::uint64_t>(columns),
                                  static_cast<std::uint64_t>(rows), columns),
        "cublasLtMatrixLayoutCreate");
  return {made, functions().layout_destroy};
}

template <class T>
void set(const Description& description,
         cublasLtMatmulDescAttributes_t attribute, const T& value) {
  check(functions().description_set(description.get(), attribute, &value,
                                    sizeof(T)),
        "cublasLtMatmulDescSetAttribute");
}

template <class T>
void set(const Preference& preference,
         cublasLtMatmulPreferenceAttributes_t attribute, const T& value) {
  check(functions().preference_set(preference.get(), attribute, &value,
                                   sizeof(T)),
        "cublasLtMatmulPreferenceSetAttribute");
}

// y^T = op(b)^T op(a)^T: what is a here is its second factor.
Description description(const ProductProblem& problem) {
  cublasLtMatmulDesc_t made = nullptr;
  const auto type = problem.precision == Precision::tf32
                        ? CUBLAS_COMPUTE_32F_FAST_TF32
                        : CUBLAS_COMPUTE_32F;
  check(functions().description_create(&made, type, CUDA_R_32F),
        "cublasLtMatmulDescCreate");
  const Description result(made, functions().description_destroy);
  const auto operation = [](bool transposed) -> std::int32_t {
    return transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
  };
  set(result, CUBLASLT_MATMUL_DESC_TRANSA, operation(problem.transpose_b));
  set(result, CUBLASLT_MATMUL_DESC_TRANSB, operation(problem.transpose_a));
  std::uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  if (problem.bias) epilogue = CUBLASLT_EPILOGUE_BIAS;
  if (problem.relu) {
    epilogue =
        problem.bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
  }
  set(result, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
  set(result, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE,
      static_cast<std::int32_t>(type_of(problem.result)));
  return result;
}

Preference preference() {
  cublasLtMatmulPreference_t made = nullptr;
  check(functions().preference_create(&made), "cublasLtMatmulPreferenceCreate");
  const Preference result(made, functions().preference_destroy);
  set(result, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kMostWorkspace);
  // Parts of a sum stay float32, and are added in a fixed order.
  set(result, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
      std::uint32_t{CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
  for (const auto attribute : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES,
                               CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                               CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES,
                               CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
    set(result, attribute, static_cast<std::uint32_t>(kAlignment));
  }
  return result;
}

class Product {
 public:
  explicit Product(const ProductProblem& problem)
      : problem_(problem), description_(description(problem)) {
    const auto& [rows, inner, columns, transpose_a, transpose_b, bias, residual,
                 relu, precision, result_type] = problem;
    const DType factor =
        precision == Precision::bf16 ? DType::bfloat16 : DType::float32;
    a_ =
        transpose_a ? layout(factor, inner, rows) : layout(factor, rows, inner);
    b_ = transpose_b ? layout(factor, columns, inner)
                     : layout(factor, inner, columns);
    y_ = layout(result_type, rows, columns);
    int count = 0;
    if (bias) {
      // The heuristic reads from it how a bias is aligned.
      set(description_, CUBLASLT_MATMUL_DESC_BIAS_POINTER,
          reinterpret_cast<const void*>(kAlignment));
    }
    const auto status = functions().heuristic(
        handle(), description_.get(), b_.get(), a_.get(), y_.get(), y_.get(),
        preference().get(), 1, &choice_, &count);
    if (status == CUBLAS_STATUS_NOT_SUPPORTED || count == 0) {
      fail("matrix_product: cuBLASLt has no algorithm for (", rows, ", ", inner,
           ") times (", inner, ", ", columns, ") in ", name_of(precision));
    }
    check(status, "cublasLtMatmulAlgoGetHeuristic");
    check(choice_.state, "cublasLtMatmulAlgoGetHeuristic");
  }

  std::size_t workspace_bytes() const { return choice_.workspaceSize; }

  void run(const KernelArguments& call) const {
    const float one = 1;
    const float beta = problem_.residual ? 1 : 0;
    if (problem_.bias) {
      set(description_, CUBLASLT_MATMUL_DESC_BIAS_POINTER, call.inputs[2]);
    }
    const void* const added =
        problem_.residual ? call.inputs.back() : call.outputs[0];
    check(functions().product(
              handle(), description_.get(), &one, call.inputs[1], b_.get(),
              call.inputs[0], a_.get(), &beta, added, y_.get(), call.outputs[0],
              y_.get(), &choice_.algo, align_workspace(call.workspace),
              workspace_bytes(), static_cast<cudaStream_t>(call.stream)),
          "cublasLtMatmul");
  }

 private:
  ProductProblem problem_;
  Description description_;
  Layout a_;
  Layout b_;
  Layout y_;
  cublasLtMatmulHeuristicResult_t choice_{};
};

}  // namespace

Kernel library_product(const ProductProblem& problem) {
  require_device();
  const auto product = std::make_shared<Product>(problem);
  return {.run = [product](const KernelArguments& call) { product->run(call); },
          .workspace_bytes = workspace_to_align(product->workspace_bytes()),
          .implementation = "cublaslt"};
}

std::string cublaslt_version() {
  return version_text(static_cast<std::int64_t>(functions().get_version()),
                      10000, 100);
}

}  // namespace lathe::cuda
