#include "core/cpu/peaks.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>

#include "core/cpu/kernels.h"
#include "core/cpu/target.h"
#include "core/tensor.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/peaks.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// As many as hide what a multiply-add takes, and as registers hold.
constexpr std::int64_t kSums = 12;

float multiply_and_add(std::int64_t times, float factor) {
  Vector sums[kSums];
  for (std::int64_t i = 0; i < kSums; ++i) {
    sums[i] = all(static_cast<float>(i));
  }
  const Vector by = all(factor);
  for (std::int64_t t = 0; t < times; ++t) {
    for (Vector& sum : sums) sum = hn::MulAdd(sum, by, by);
  }
  Vector total = all(0);
  for (const Vector& sum : sums) total = hn::Add(total, sum);
  return hn::GetLane(hn::SumOfLanes(Floats(), total));
}

std::int64_t operations(std::int64_t times) {
  return 2 * times * kSums * static_cast<std::int64_t>(hn::Lanes(Floats()));
}

// A whole number of vectors.
void triad(std::int64_t begin, std::int64_t end, const float* y, const float* z,
           float* x) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(Floats()));
  for (std::int64_t i = begin; i < end; i += lanes) {
    hn::StoreU(hn::MulAdd(all(0.5F), hn::LoadU(Floats(), z + i),
                          hn::LoadU(Floats(), y + i)),
               Floats(), x + i);
  }
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace lathe::cpu {
namespace {

HWY_EXPORT(multiply_and_add);
HWY_EXPORT(operations);
HWY_EXPORT(triad);

constexpr int kRuns = 4;

template <class F>
double fastest_seconds(const F& work) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = Clock::now();
    work();
    best = std::min(
        best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

double product_flops() {
  constexpr std::int64_t kSide = 1024;
  const TensorSpec factor{{kSide, kSide}, DType::bfloat16};
  const TensorSpec product{{kSide, kSide}};
  const Kernel kernel =
      make(graph::MatrixProduct{},
           {.inputs = {factor, factor}, .outputs = {product}});
  const Tensor a(factor.shape, factor.dtype);
  std::fill_n(a.data<BFloat16>(), a.elements(), BFloat16(0.5F));
  const Tensor y(product.shape);
  const Tensor workspace({static_cast<std::int64_t>(kernel.workspace_bytes)},
                         DType::uint8);
  const std::array<void*, 2> inputs{a.raw(), a.raw()};
  const std::array<void*, 1> outputs{y.raw()};
  const double seconds = fastest_seconds([&] {
    kernel.run(
        {.inputs = inputs, .outputs = outputs, .workspace = workspace.raw()});
  });
  return 2.0 * kSide * kSide * kSide / seconds;
}

// Of one of the triad's three arrays.
std::int64_t array_bytes() {
  constexpr std::int64_t kLeast = std::int64_t{32} << 20;
  constexpr std::int64_t kMost = std::int64_t{128} << 20;
  return std::clamp<std::int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), kLeast,
                                  kMost);
}

}  // namespace

double peak_flops(Precision precision) {
  if (precision == Precision::bf16 && has_bfloat16_instructions()) {
    return product_flops();
  }
  constexpr std::int64_t kTimes = 300000;
  // A sum that nobody reads would not be computed.
  std::atomic<float> sink{0};
  const std::int64_t threads = thread_count();
  const double seconds = fastest_seconds([&] {
    parallel_tasks(threads, [&](std::int64_t task) {
      const float factor = 0.5F + 1e-3F * static_cast<float>(task);
      sink = HWY_DYNAMIC_DISPATCH(multiply_and_add)(kTimes, factor);
    });
  });
  return static_cast<double>(threads *
                             HWY_DYNAMIC_DISPATCH(operations)(kTimes)) /
         seconds;
}

double peak_bytes() {
  const std::int64_t elements = array_bytes() / 4 / 1024 * 1024;
  const Tensor x({elements}, DType::float32);
  const Tensor y({elements}, DType::float32);
  const Tensor z({elements}, DType::float32);
  constexpr std::int64_t kPieces = 64;
  const std::int64_t piece = elements / kPieces;
  const double seconds = fastest_seconds([&] {
    parallel_tasks(kPieces, [&](std::int64_t task) {
      HWY_DYNAMIC_DISPATCH(triad)
      (task * piece, (task + 1) * piece, y.data<float>(), z.data<float>(),
       x.data<float>());
    });
  });
  return static_cast<double>(3 * 4 * piece * kPieces) / seconds;
}

}  // namespace lathe::cpu

#endif
