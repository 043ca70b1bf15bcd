#include <cmath>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/optimizer.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/simd.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

struct Rates {
  float alpha;
  float first;   // 1 - beta_1
  float second;  // 1 - beta_2
  float epsilon;
};

// Elements [begin, end) of the weight whose inputs start at `input`.
struct Piece {
  std::size_t input;
  std::int64_t begin;
  std::int64_t end;
};

void step(const Rates& rates, std::int64_t begin, std::int64_t end, float* w,
          const float* g, float* m, float* v) {
  for_vectors(begin, end, [=](auto lanes, std::int64_t i) HWY_ATTR {
    const Vector slope = lanes.load(g + i);
    Vector first = lanes.load(m + i);
    Vector second = lanes.load(v + i);
    first = hn::MulAdd(hn::Sub(slope, first), all(rates.first), first);
    second = hn::MulAdd(hn::Sub(hn::Mul(slope, slope), second),
                        all(rates.second), second);
    const Vector change =
        hn::Div(hn::Mul(all(rates.alpha), first),
                hn::Add(hn::Sqrt(second), all(rates.epsilon)));
    lanes.store(first, m + i);
    lanes.store(second, v + i);
    lanes.store(hn::Sub(lanes.load(w + i), change), w + i);
  });
}

Kernel make_adam(const graph::Adam& operation, const Signature& signature) {
  constexpr std::int64_t kPiece = 8192;
  std::vector<Piece> pieces;
  for (std::size_t i = 2; i < signature.inputs.size(); i += 4) {
    require_float32(operation.kName, signature.inputs[i]);
    const std::int64_t count = signature.inputs[i].shape.elements();
    for (std::int64_t begin = 0; begin < count; begin += kPiece) {
      pieces.push_back({i, begin, std::min(begin + kPiece, count)});
    }
  }
  return {.run = [operation, pieces](const KernelArguments& arguments) {
    const auto t = static_cast<double>(*arguments.input<std::int64_t>(0)) + 1;
    const double alpha = *arguments.input<float>(1) *
                         std::sqrt(1 - std::pow(operation.beta_2, t)) /
                         (1 - std::pow(operation.beta_1, t));
    const Rates rates{.alpha = static_cast<float>(alpha),
                      .first = static_cast<float>(1 - operation.beta_1),
                      .second = static_cast<float>(1 - operation.beta_2),
                      .epsilon = static_cast<float>(operation.epsilon)};
    // Most weights are small: a few pieces make a task.
    parallel_ranges(static_cast<std::int64_t>(pieces.size()), 4,
                    [&](std::int64_t first, std::int64_t last) {
                      for (std::int64_t i = first; i < last; ++i) {
                        const Piece& p = pieces[static_cast<std::size_t>(i)];
                        step(rates, p.begin, p.end,
                             arguments.written<float>(p.input),
                             arguments.input<float>(p.input + 1),
                             arguments.written<float>(p.input + 2),
                             arguments.written<float>(p.input + 3));
                      }
                    });
  }};
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {
LATHE_CPU_KERNEL(Adam, make_adam)
}  // namespace lathe::cpu
#endif
