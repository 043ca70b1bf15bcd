#include "core/augmentation/filter.h"

#include "core/cpu/filter.h"
#include "core/error.h"
#include "core/no_cuda/filter.h"
#include "core/reference/filter.h"

namespace lathe {

void filter(Device device, const Filters& filters, const Tensor& images) {
  if (images.shape().rank() != 4 || images.dtype() != DType::float32) {
    fail("filter: the images are ", images.spec(),
         "; they must be float32 (N, H, W, C)");
  }
  switch (device) {
    case Device::reference:
      return reference::filter(filters, images);
    case Device::cpu:
      return cpu::filter(filters, images);
    case Device::cuda:
      return cuda::filter(filters, images);
  }
}

}  // namespace lathe
