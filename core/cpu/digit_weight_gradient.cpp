// Weight gradients of convolutions of single pixels by products of digits: dw
// (channels, filters) = x' dy, a block of pixels after the other.
#include <algorithm>

#include "core/cpu/convolution.h"
#include "core/cpu/digit_product.h"
#include "core/cpu/workspace.h"
#include "core/parallel.h"

namespace lathe::cpu {
namespace {

// So many pixels that sums are worth what adding them to those of the blocks
// before takes, and so few that a block's digits stay in a core's cache.
constexpr std::int64_t kBlock = 256;

class WeightGradientByDigits {
 public:
  explicit WeightGradientByDigits(const ConvolutionShape& shape)
      : pixels_(shape.batch * shape.image.height * shape.image.width),
        channels_(shape.channels),
        filters_(shape.filters),
        product_(kBlock, filters_),
        slots_(std::min<std::int64_t>(blocks(), thread_count())),
        sums_(workspace_.add<float>((slots_ - 1) * channels_ * filters_)),
        factors_(workspace_.add<std::byte>(slots_ * product_.b_bytes())),
        rows_(workspace_.add<std::byte>(slots_ * product_.workspace_bytes())) {}

  Kernel kernel() const {
    return {
        .run =
            [self = *this](const KernelArguments& call) {
              parallel_tasks(self.slots_, [&](std::int64_t slot) {
                for (std::int64_t block = self.blocks() * slot / self.slots_;
                     block < self.blocks() * (slot + 1) / self.slots_;
                     ++block) {
                  self.add(call, slot, block);
                }
              });
              self.gather(call);
            },
        .workspace_bytes = workspace_.bytes(),
        .implementation = "digits"};
  }

 private:
  std::int64_t blocks() const { return (pixels_ + kBlock - 1) / kBlock; }

  // What a slot sums: the first in the result itself.
  float* sums_of(const KernelArguments& call, std::int64_t slot) const {
    return slot == 0
               ? call.output<float>(0)
               : sums_.in(call.workspace) + (slot - 1) * channels_ * filters_;
  }

  void add(const KernelArguments& call, std::int64_t slot,
           std::int64_t block) const {
    const std::int64_t first = block * kBlock;
    const DigitProduct product(std::min(kBlock, pixels_ - first), filters_);
    std::byte* factors =
        factors_.in(call.workspace) + slot * product_.b_bytes();
    const float* dy = call.input<float>(1) + first * filters_;
    for (std::int64_t part = 0; part < product.parts(); ++part) {
      product.arrange(part, dy + part * DigitProduct::kPart, filters_, 1,
                      factors);
    }
    float* sums = sums_of(call, slot);
    const bool is_first = block == blocks() * slot / slots_;
    product.run({.rows = channels_,
                 .a = call.input<float>(0) + first * channels_,
                 .b = factors,
                 .r = is_first ? nullptr : sums,
                 .c = sums},
                {.step = channels_, .panel = DigitProduct::kPart},
                rows_.in(call.workspace) + slot * product_.workspace_bytes());
  }

  void gather(const KernelArguments& call) const {
    float* dw = call.output<float>(0);
    parallel_tasks(channels_, [&](std::int64_t channel) {
      for (std::int64_t slot = 1; slot < slots_; ++slot) {
        const float* sums = sums_of(call, slot);
        for (std::int64_t i = channel * filters_; i < (channel + 1) * filters_;
             ++i) {
          dw[i] += sums[i];
        }
      }
    });
  }

  std::int64_t pixels_;
  std::int64_t channels_;
  std::int64_t filters_;
  DigitProduct product_;  // of a whole block
  std::int64_t slots_;
  WorkspaceLayout workspace_;
  WorkspaceArray<float> sums_;
  WorkspaceArray<std::byte> factors_;
  WorkspaceArray<std::byte> rows_;
};

}  // namespace

Kernel digit_weight_gradient(const ConvolutionShape& shape) {
  return WeightGradientByDigits(shape).kernel();
}

}  // namespace lathe::cpu
