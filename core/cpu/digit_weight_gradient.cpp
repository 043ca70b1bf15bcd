// Weight gradients of convolutions of single pixels by products of digits: dw
// (channels, filters) = x' dy: each thread sums a share of the pixels, a block
// after the other.
#include <algorithm>

#include "core/cpu/convolution.h"
#include "core/cpu/digit_product.h"
#include "core/cpu/workspace.h"
#include "core/parallel.h"

namespace lathe::cpu {
namespace {

// So many chunks of pixels that sums are worth what adding them to those of the
// blocks before takes, and so few that a block's digits stay in a core's cache.
constexpr std::int64_t kBlock = 4;
constexpr std::int64_t kChunk = DigitProduct::kChunk;

class WeightGradientByDigits {
 public:
  explicit WeightGradientByDigits(const ConvolutionShape& shape)
      : pixels_(shape.batch * shape.image.height * shape.image.width),
        channels_(shape.channels),
        filters_(shape.filters),
        product_(kBlock * kChunk, filters_),
        shares_(workers_for(chunks())),
        sums_(workspace_.add<float>((shares_ - 1) * channels_ * filters_)),
        factors_(workspace_.add<std::byte>(shares_ * product_.b_bytes())),
        rows_(workspace_.add<std::byte>(shares_ * product_.workspace_bytes())) {
  }

  Kernel kernel() const {
    return {.run =
                [self = *this](const KernelArguments& call) {
                  parallel_tasks(self.shares_, [&](std::int64_t share) {
                    self.sum(call, share);
                  });
                  self.gather(call);
                },
            .workspace_bytes = workspace_.bytes(),
            .implementation = "digits"};
  }

 private:
  std::int64_t chunks() const { return (pixels_ + kChunk - 1) / kChunk; }

  // Of a share: the first's are in the result itself.
  float* sums_of(const KernelArguments& call, std::int64_t share) const {
    return share == 0
               ? call.output<float>(0)
               : sums_.in(call.workspace) + (share - 1) * channels_ * filters_;
  }

  // In blocks of as even a size as shares have.
  void sum(const KernelArguments& call, std::int64_t share) const {
    const std::int64_t begin = chunks() * share / shares_;
    const std::int64_t count = chunks() * (share + 1) / shares_ - begin;
    const std::int64_t blocks = (count + kBlock - 1) / kBlock;
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t first = begin + count * block / blocks;
      const std::int64_t last = begin + count * (block + 1) / blocks;
      add(call, share, first * kChunk, std::min(last * kChunk, pixels_),
          block == 0);
    }
  }

  // The pixels [first, last).
  void add(const KernelArguments& call, std::int64_t share, std::int64_t first,
           std::int64_t last, bool is_first) const {
    const DigitProduct product(last - first, filters_);
    std::byte* factors =
        factors_.in(call.workspace) + share * product_.b_bytes();
    const float* dy = call.input<float>(1) + first * filters_;
    for (std::int64_t part = 0; part < product.parts(); ++part) {
      product.arrange(part, dy + part * DigitProduct::kPart, filters_, 1,
                      factors);
    }
    float* sums = sums_of(call, share);
    product.run({.rows = channels_,
                 .a = call.input<float>(0) + first * channels_,
                 .b = factors,
                 .r = is_first ? nullptr : sums,
                 .c = sums},
                {.step = channels_, .panel = DigitProduct::kPart},
                rows_.in(call.workspace) + share * product_.workspace_bytes());
  }

  void gather(const KernelArguments& call) const {
    float* dw = call.output<float>(0);
    parallel_tasks(channels_, [&](std::int64_t channel) {
      for (std::int64_t share = 1; share < shares_; ++share) {
        const float* sums = sums_of(call, share);
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
  std::int64_t shares_;
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
