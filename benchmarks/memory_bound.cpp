// Milliseconds and GB/s of the CPU's kernels that move memory rather than
// compute: the fastest of several runs. GB/s count each tensor once a pass over
// it, so a tensor read twice counts twice.
//   benchmark_memory_bound [--runs N] [--threads N] [--only NAME]
//                          [--clock wall|cpu]
// On a machine shared with others, "--threads 1 --clock cpu" counts only what
// the kernels themselves take.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "core/cpu/kernels.h"
#include "core/parallel.h"

namespace {

using namespace lathe::graph;
using lathe::DType;
using lathe::Kernel;
using lathe::Shape;
using lathe::Signature;
using lathe::Tensor;

constexpr std::int64_t kBatch = 16;

struct Options {
  int runs = 40;
  std::string only;
  std::string clock = "wall";

  double milliseconds() const {
    if (clock == "cpu") {
      return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    }
    const std::chrono::duration<double, std::milli> now =
        std::chrono::steady_clock::now().time_since_epoch();
    return now.count();
  }
};

// A tensor of mixed signs; of a window's places where it is uint8.
Tensor filled(const lathe::TensorSpec& spec) {
  Tensor tensor(spec.shape, spec.dtype);
  std::uint32_t state = 1;
  const auto next = [&] {
    state = state * 1664525 + 1013904223;
    return state >> 16;
  };
  if (spec.dtype == DType::uint8) {
    for (auto& value : tensor.values<std::uint8_t>()) {
      value = static_cast<std::uint8_t>(next() % 9);
    }
  } else if (spec.dtype == DType::float32) {
    for (auto& value : tensor.values<float>()) {
      value = static_cast<float>(next()) / 65536 - 0.4F;
    }
  }
  return tensor;
}

double fastest(const Kernel& kernel, const Signature& signature,
               const Options& options) {
  std::vector<Tensor> tensors;
  std::vector<void*> inputs;
  std::vector<void*> outputs;
  for (const auto& spec : signature.inputs) {
    tensors.push_back(filled(spec));
    inputs.push_back(tensors.back().raw());
  }
  for (const auto& spec : signature.outputs) {
    tensors.push_back(filled(spec));
    outputs.push_back(tensors.back().raw());
  }
  const Tensor workspace(
      {static_cast<std::int64_t>(kernel.workspace_bytes) + 1}, DType::uint8);
  double best = 1e30;
  for (int i = 0; i < options.runs; ++i) {
    const double start = options.milliseconds();
    kernel.run(
        {.inputs = inputs, .outputs = outputs, .workspace = workspace.raw()});
    best = std::min(best, options.milliseconds() - start);
  }
  return best;
}

void report(const Options& options, const std::string& name,
            const Operation& operation, const std::vector<Shape>& inputs,
            int passes) {
  if (name.find(options.only) == std::string::npos) return;
  Signature signature;
  for (const Shape& shape : inputs) signature.inputs.push_back({shape});
  if (std::holds_alternative<MaxPoolingGradient>(operation)) {
    signature.inputs[1].dtype = DType::uint8;
  }
  signature.outputs = output_specs(operation, signature.inputs);
  const Kernel kernel = lathe::cpu::make_kernel(operation, signature);
  const double best = fastest(kernel, signature, options);
  double bytes = 0;
  for (const auto& spec : signature.inputs) {
    bytes += static_cast<double>(spec.bytes()) * passes;
  }
  for (const auto& spec : signature.outputs) {
    bytes += static_cast<double>(spec.bytes());
  }
  std::printf("  %-26s %8.2f ms %8.1f GB/s\n", name.c_str(), best,
              bytes / best * 1e-6);
}

void report_all(const Options& options, std::int64_t channels,
                std::int64_t image) {
  std::printf("%lld channels at %lld x %lld, batch %lld\n",
              static_cast<long long>(channels), static_cast<long long>(image),
              static_cast<long long>(image), static_cast<long long>(kBatch));
  const Shape x{kBatch, image, image, channels};
  const Shape half{kBatch, image / 2, image / 2, channels};
  const Shape c{channels};
  const auto relu = ActivationKind::relu;
  const Window2D window{.kernel = {3, 3},
                        .strides = {2, 2},
                        .dilation = {},
                        .padding = {.bottom = 1, .right = 1}};
  report(options, "normalize + relu", BatchNormalization{.activation = relu},
         {x, c, c}, 2);
  report(options, "normalize + swish",
         BatchNormalization{.activation = ActivationKind::swish}, {x, c, c}, 2);
  report(options, "normalize + relu backward",
         BatchNormalizationGradient{.activation = relu}, {x, x, c, c, c, c}, 2);
  report(options, "normalize + swish backward",
         BatchNormalizationGradient{.activation = ActivationKind::swish},
         {x, x, c, c, c, c}, 2);
  report(options, "max pooling", MaxPooling{.window = window}, {x}, 1);
  report(options, "max pooling backward",
         MaxPoolingGradient{.window = window, .image = {image, image}},
         {half, half}, 1);
  report(options, "global average",
         AveragePooling{.window = {.kernel = {image, image}}}, {x}, 1);
  report(options, "upsampling", UpSampling{.factor = {2, 2}}, {half}, 1);
  report(options, "upsampling backward", UpSamplingGradient{.factor = {2, 2}},
         {x}, 1);
  report(options, "bilinear",
         UpSampling{.factor = {2, 2}, .kind = UpSamplingKind::bilinear}, {half},
         1);
  report(options, "bilinear backward",
         UpSamplingGradient{.factor = {2, 2}, .kind = UpSamplingKind::bilinear},
         {x}, 1);
  report(options, "relu", Activation{.kind = relu}, {x}, 1);
  report(options, "relu backward", ActivationGradient{.kind = relu}, {x, x}, 1);
  report(options, "swish", Activation{.kind = ActivationKind::swish}, {x}, 1);
  report(options, "add", Add{}, {x, x}, 1);
  report(options, "scale of channels", Multiply{},
         {x, {kBatch, 1, 1, channels}}, 1);
  report(options, "sum of channels", ReduceSum{.target = c}, {x}, 1);
}

}  // namespace

int main(int count, char** values) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = values[i];
    if (name == "--runs") options.runs = std::stoi(values[i + 1]);
    if (name == "--threads") {
      lathe::set_thread_count(std::stoi(values[i + 1]));
    }
    if (name == "--clock") options.clock = values[i + 1];
    if (name == "--only") options.only = values[i + 1];
  }
  report_all(options, 32, 112);
  report_all(options, 64, 112);
  report_all(options, 128, 56);
}
