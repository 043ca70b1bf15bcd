#include "core/cuda/convolution_epilogue.h"
#include "core/cuda/divisor.h"
#include "core/cuda/vector.h"
#include "core/reference/activation.h"

namespace lathe::cuda {
namespace {

struct Finish {
  float* y;
  const float* bias;
  Divisor channels;
  graph::ActivationKind activation;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto values = load<kCount>(y + i);
    for (int k = 0; k < kCount; ++k) {
      if (bias != nullptr) {
        values[k] +=
            bias[channels.remainder(static_cast<std::uint32_t>(i + k))];
      }
      values[k] = reference::activate(activation, values[k]);
    }
    store(values, y + i);
  }
};

}  // namespace

void ConvolutionEpilogue::run(const KernelArguments& call, const float* bias,
                              float* y) const {
  for_vectors(call, count,
              Finish{.y = y,
                     .bias = bias,
                     .channels = Divisor(channels),
                     .activation = activation});
}

}  // namespace lathe::cuda
