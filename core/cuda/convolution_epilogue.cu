#include "core/cuda/convolution_epilogue.h"
#include "core/cuda/divisor.h"
#include "core/cuda/vector.h"
#include "core/reference/activation.h"

namespace lathe::cuda {
namespace {

template <class T>
struct Finish {
  static constexpr int kWidth = kWidest<T>;
  T* y;
  const T* bias;
  Divisor channels;
  graph::ActivationKind activation;

  template <int kCount>
  __device__ void at(std::int64_t i) const {
    auto values = load<kCount>(y + i);
    if (bias != nullptr) {
      for (int k = 0; k < kCount; ++k) {
        values[k] +=
            bias[channels.remainder(static_cast<std::uint32_t>(i + k))];
      }
    }
    for (int k = 0; k < kCount; ++k) {
      values[k] = reference::activate(activation, values[k]);
    }
    store(values, y + i);
  }
};

}  // namespace

template <class T>
void ConvolutionEpilogue::run(const KernelArguments& call, const T* bias,
                              T* y) const {
  for_vectors(call, count,
              Finish<T>{.y = y,
                        .bias = bias,
                        .channels = Divisor(channels),
                        .activation = activation});
}

template void ConvolutionEpilogue::run(const KernelArguments&, const float*,
                                       float*) const;
template void ConvolutionEpilogue::run(const KernelArguments&, const BFloat16*,
                                       BFloat16*) const;

}  // namespace lathe::cuda
