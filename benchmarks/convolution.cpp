// Milliseconds and GFLOP/s of the convolutions of a training step, through the
// kernels of the CPU: each distinct one in its three directions, the fastest of
// several runs, and the sum over the step.
//   benchmark_convolution [--model unet|folded|efficientnet] [--only NAME]
//                         [--runs N] [--threads N] [--clock wall|cpu]
// On a machine shared with others, "--threads 1 --clock cpu" counts only what
// the kernels themselves take.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "core/cpu/kernels.h"
#include "core/parallel.h"
#include "core/tensor.h"

namespace {

using lathe::Kernel;
using lathe::Signature;
using lathe::Tensor;
using lathe::TensorSpec;

// A square convolution, or (transposed) the convolution whose input gradient
// is the layer's forward pass: then `image` is the layer's output.
struct Layer {
  std::string name;
  std::int64_t channels;
  std::int64_t image;
  std::int64_t filters;
  std::int64_t result;
  std::int64_t kernel;
  std::int64_t stride = 1;
  bool depthwise = false;
  bool transposed = false;
  int count = 1;
  bool first = false;  // the image is data: no gradient
};

constexpr std::int64_t kBatch = 16;

const std::vector<Layer> kUNetEncoder{
    {"stem", 3, 224, 32, 112, 3, 2, false, false, 1, true},
    {"depthwise", 32, 112, 32, 112, 3, 1, true},
    {"pointwise", 32, 112, 64, 112, 1},
    {"depthwise", 64, 112, 64, 112, 3, 1, true},
    {"pointwise", 64, 112, 64, 112, 1},
    {"residual", 32, 112, 64, 56, 1, 2},
    {"depthwise", 64, 56, 64, 56, 3, 1, true},
    {"pointwise", 64, 56, 128, 56, 1},
    {"depthwise", 128, 56, 128, 56, 3, 1, true},
    {"pointwise", 128, 56, 128, 56, 1},
    {"residual", 64, 56, 128, 28, 1, 2},
    {"depthwise", 128, 28, 128, 28, 3, 1, true},
    {"pointwise", 128, 28, 256, 28, 1},
    {"depthwise", 256, 28, 256, 28, 3, 1, true},
    {"pointwise", 256, 28, 256, 28, 1},
    {"residual", 128, 28, 256, 14, 1, 2}};

const std::vector<Layer> kUNetDecoder{
    {"transposed", 256, 14, 256, 14, 3, 1, false, true, 2},
    {"residual", 256, 28, 256, 28, 1},
    {"transposed", 128, 28, 256, 28, 3, 1, false, true},
    {"transposed", 128, 28, 128, 28, 3, 1, false, true},
    {"residual", 256, 56, 128, 56, 1},
    {"transposed", 64, 56, 128, 56, 3, 1, false, true},
    {"transposed", 64, 56, 64, 56, 3, 1, false, true},
    {"residual", 128, 112, 64, 112, 1},
    {"transposed", 32, 112, 64, 112, 3, 1, false, true},
    {"transposed", 32, 112, 32, 112, 3, 1, false, true},
    {"residual", 64, 224, 32, 224, 1},
    {"head", 32, 224, 1, 224, 3}};

// The decoder after the upsampling is folded into what follows it.
const std::vector<Layer> kFoldedDecoder{
    {"transposed", 256, 14, 256, 14, 3, 1, false, true, 2},
    {"residual", 256, 14, 256, 14, 1},
    {"folded", 128, 28, 256, 14, 4, 2, false, true},
    {"transposed", 128, 28, 128, 28, 3, 1, false, true},
    {"residual", 256, 14, 128, 14, 1},
    {"folded", 64, 56, 128, 28, 4, 2, false, true},
    {"transposed", 64, 56, 64, 56, 3, 1, false, true},
    {"residual", 128, 28, 64, 28, 1},
    {"folded", 32, 112, 64, 56, 4, 2, false, true},
    {"transposed", 32, 112, 32, 112, 3, 1, false, true},
    {"residual", 64, 56, 32, 56, 1},
    {"head", 1, 224, 32, 112, 4, 2, false, true}};

const std::vector<Layer> kEfficientNet{
    {"pointwise", 32, 112, 16, 112, 1},
    {"pointwise", 16, 112, 96, 112, 1},
    {"pointwise", 96, 56, 24, 56, 1},
    {"pointwise", 24, 56, 144, 56, 1, 1, false, false, 2},
    {"pointwise", 144, 56, 24, 56, 1},
    {"pointwise", 144, 28, 40, 28, 1},
    {"pointwise", 40, 28, 240, 28, 1, 1, false, false, 2},
    {"pointwise", 240, 28, 40, 28, 1},
    {"pointwise", 240, 14, 80, 14, 1},
    {"pointwise", 80, 14, 480, 14, 1, 1, false, false, 3},
    {"pointwise", 480, 14, 80, 14, 1, 1, false, false, 2},
    {"pointwise", 480, 14, 112, 14, 1},
    {"pointwise", 112, 14, 672, 14, 1, 1, false, false, 3},
    {"pointwise", 672, 14, 112, 14, 1, 1, false, false, 2},
    {"pointwise", 672, 7, 192, 7, 1},
    {"pointwise", 192, 7, 1152, 7, 1, 1, false, false, 4},
    {"pointwise", 1152, 7, 192, 7, 1, 1, false, false, 3},
    {"pointwise", 1152, 7, 320, 7, 1},
    {"pointwise", 320, 7, 1280, 7, 1},
    {"stem", 3, 224, 32, 112, 3, 2, false, false, 1, true},
    {"depthwise", 32, 112, 32, 112, 3, 1, true},
    {"depthwise", 96, 112, 96, 56, 3, 2, true},
    {"depthwise", 144, 56, 144, 56, 3, 1, true},
    {"depthwise", 144, 56, 144, 28, 5, 2, true},
    {"depthwise", 240, 28, 240, 28, 5, 1, true},
    {"depthwise", 240, 28, 240, 14, 3, 2, true},
    {"depthwise", 480, 14, 480, 14, 3, 1, true, false, 2},
    {"depthwise", 480, 14, 480, 14, 5, 1, true},
    {"depthwise", 672, 14, 672, 14, 5, 1, true, false, 2},
    {"depthwise", 672, 14, 672, 7, 5, 2, true},
    {"depthwise", 1152, 7, 1152, 7, 5, 1, true, false, 3},
    {"depthwise", 1152, 7, 1152, 7, 3, 1, true}};

lathe::graph::Window2D window_of(const Layer& layer) {
  const std::int64_t total = std::max<std::int64_t>(
      (layer.result - 1) * layer.stride + layer.kernel - layer.image, 0);
  const std::int64_t before = total / 2;
  return {.kernel = {layer.kernel, layer.kernel},
          .strides = {layer.stride, layer.stride},
          .dilation = {},
          .padding = {.top = before,
                      .bottom = total - before,
                      .left = before,
                      .right = total - before}};
}

struct Options {
  std::string model = "unet";
  std::string only;
  std::string clock = "wall";
  int runs = 15;

  double milliseconds() const {
    if (clock == "cpu")
      return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    const std::chrono::duration<double, std::milli> now =
        std::chrono::steady_clock::now().time_since_epoch();
    return now.count();
  }
};

// A kernel with memory of its own.
class Call {
 public:
  Call(const Kernel& kernel, const Signature& signature)
      : kernel_(kernel),
        workspace_({static_cast<std::int64_t>(kernel.workspace_bytes) + 1},
                   lathe::DType::uint8) {
    for (const auto& spec : signature.inputs) add(spec, inputs_);
    for (const auto& spec : signature.outputs) add(spec, outputs_);
  }

  // The fastest of some runs, in milliseconds.
  double time(const Options& options) {
    run();
    double best = 1e30;
    for (int i = 0; i < options.runs; ++i) {
      const double start = options.milliseconds();
      run();
      best = std::min(best, options.milliseconds() - start);
    }
    return best;
  }

 private:
  void add(const TensorSpec& spec, std::vector<void*>& list) {
    Tensor tensor(spec.shape, spec.dtype);
    std::uint32_t state = 1;
    for (float& value : tensor.values<float>()) {
      state = state * 1664525 + 1013904223;
      value = static_cast<float>(state >> 16) / 65536 - 0.5F;
    }
    list.push_back(tensor.raw());
    tensors_.push_back(std::move(tensor));
  }
  void run() {
    kernel_.run({.inputs = inputs_,
                 .outputs = outputs_,
                 .workspace = workspace_.raw()});
  }

  Kernel kernel_;
  Tensor workspace_;
  std::vector<Tensor> tensors_;
  std::vector<void*> inputs_;
  std::vector<void*> outputs_;
};

// What a step spends in the layer; prints a line a direction.
double time_layer(const Layer& layer, const Options& options) {
  const auto window = window_of(layer);
  const std::int64_t groups = layer.depthwise ? layer.channels : 1;
  const TensorSpec x{{kBatch, layer.image, layer.image, layer.channels}};
  const TensorSpec y{{kBatch, layer.result, layer.result, layer.filters}};
  const TensorSpec w{
      {layer.kernel, layer.kernel, layer.channels / groups, layer.filters}};
  // The layer's forward pass, whichever that is, adds a bias.
  const auto inputs = [&](const TensorSpec& image, bool forward,
                          std::int64_t outputs) {
    std::vector<TensorSpec> specs{image, w};
    if (forward && !layer.depthwise) specs.push_back({{outputs}});
    return specs;
  };
  const std::int64_t products = y.shape.elements() * layer.kernel *
                                layer.kernel * layer.channels / groups;
  const double gflop = 2e-9 * static_cast<double>(products);
  double sum = 0;
  const auto report = [&](const char* direction, const auto& operation,
                          const Signature& signature) {
    const Kernel kernel = lathe::cpu::make(operation, signature);
    const double best = Call(kernel, signature).time(options);
    sum += best * layer.count;
    std::printf(
        "%-11s %4dx%-4d %4d -> %-4d %dx%d s%d  x%d  %-15s %7.3f ms "
        "%6.1f GFLOP/s  %s\n",
        layer.name.c_str(), static_cast<int>(layer.image),
        static_cast<int>(layer.image), static_cast<int>(layer.channels),
        static_cast<int>(layer.filters), static_cast<int>(layer.kernel),
        static_cast<int>(layer.kernel), static_cast<int>(layer.stride),
        layer.count, direction, best, gflop / best * 1e3,
        kernel.implementation.c_str());
    std::fflush(stdout);
  };
  if (!layer.first || layer.transposed) {
    report("input_gradient",
           lathe::graph::ConvolutionInputGradient{
               .window = window,
               .groups = groups,
               .channels = layer.channels,
               .image = {layer.image, layer.image}},
           {.inputs = inputs(y, layer.transposed, layer.channels),
            .outputs = {x}});
  }
  report(
      "convolution",
      lathe::graph::Convolution{
          .window = window, .groups = groups, .filters = layer.filters},
      {.inputs = inputs(x, !layer.transposed, layer.filters), .outputs = {y}});
  report("weight_gradient",
         lathe::graph::ConvolutionWeightGradient{
             .window = window, .groups = groups, .weight_shape = w.shape},
         {.inputs = {x, y}, .outputs = {w}});
  return sum;
}

std::vector<Layer> layers_of(const std::string& model) {
  if (model == "efficientnet") return kEfficientNet;
  std::vector<Layer> layers = kUNetEncoder;
  const auto& decoder = model == "folded" ? kFoldedDecoder : kUNetDecoder;
  layers.insert(layers.end(), decoder.begin(), decoder.end());
  return layers;
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    const std::string value = arguments[i + 1];
    if (name == "--model") options.model = value;
    if (name == "--only") options.only = value;
    if (name == "--clock") options.clock = value;
    if (name == "--runs") options.runs = std::stoi(value);
    if (name == "--threads") lathe::set_thread_count(std::stoi(value));
  }
  double sum = 0;
  for (const auto& layer : layers_of(options.model)) {
    if (!options.only.empty() && layer.name != options.only) continue;
    sum += time_layer(layer, options);
  }
  std::printf("sum of the step: %.1f ms\n", sum);
}
