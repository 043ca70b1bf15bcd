#include "core/augmentation/mix.h"

#include "core/cpu/mix.h"
#include "core/cuda/mix.h"
#include "core/error.h"
#include "core/reference/mix.h"

namespace lathe {
namespace {

void check(const Mixing& how, const MixBatch& input, const MixBatch& output) {
  const auto fits = [](const Tensor& from, const Tensor& to) {
    return from.spec() == to.spec() && from.raw() != to.raw();
  };
  const Shape& shape = input.images.shape();
  if (shape.rank() != 4 || input.images.dtype() != DType::float32 ||
      !fits(input.images, output.images)) {
    fail("mix: images of ", input.images.spec(), " to ", output.images.spec(),
         "; both must be float32 (N, H, W, C), the same, in other memory");
  }
  if (!input.masks.empty() || !output.masks.empty()) {
    const Shape& masks = input.masks.shape();
    const DType dtype = input.masks.dtype();
    if (masks.rank() != 4 || masks[0] != shape[0] || masks[1] != shape[1] ||
        masks[2] != shape[2] ||
        (dtype != DType::uint8 && dtype != DType::float32) ||
        !fits(input.masks, output.masks)) {
      fail("mix: masks of ", input.masks.spec(), " to ", output.masks.spec(),
           " for images of ", shape,
           "; both must be uint8 or float32, the same, with the images' N, H "
           "and W, in other memory");
    }
  }
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    if (how.steps[n].kind != MixKind::copy_paste) continue;
    if (input.masks.empty() || input.masks.dtype() != DType::uint8 ||
        input.masks.shape().back() != 1) {
      fail("mix: copy_paste with ",
           input.masks.empty() ? "no masks"
                               : concat("masks of ", input.masks.spec()),
           "; it needs class ids, uint8 (N, H, W, 1)");
    }
  }
}

}  // namespace

void mix(Device device, const Mixing& how, const MixBatch& input,
         const MixBatch& output, const GpuMemory& gpu) {
  check(how, input, output);
  switch (device) {
    case Device::reference:
      return reference::mix(how, input, output);
    case Device::cpu:
      return cpu::mix(how, input, output);
    case Device::cuda:
      return cuda::mix(how, input, output, gpu);
  }
}

void blend_in(Device device, const Tensor& parts, const Tensor& original,
              const Tensor& changed, const Tensor& before, const Tensor& sum,
              const GpuMemory& gpu) {
  const TensorSpec& spec = sum.spec();
  if (spec.dtype != DType::float32 || spec.shape.rank() != 4 ||
      original.spec() != spec || changed.spec() != spec ||
      before.spec() != spec ||
      parts.spec() != TensorSpec{{spec.shape[0]}, DType::float32}) {
    fail("blend_in: ", parts.spec(), " parts of ", original.spec(), " and ",
         changed.spec(), " and ", before.spec(), " to ", spec,
         "; they must be float32 (N), and float32 (N, H, W, C), all the same");
  }
  switch (device) {
    case Device::reference:
      return reference::blend_in(parts, original, changed, before, sum);
    case Device::cpu:
      return cpu::blend_in(parts, original, changed, before, sum);
    case Device::cuda:
      return cuda::blend_in(parts, original, changed, before, sum, gpu);
  }
}

}  // namespace lathe
