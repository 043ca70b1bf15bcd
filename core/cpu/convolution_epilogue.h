#pragma once

#include "core/cpu/convolution.h"
#include "core/kernel.h"

namespace lathe::cpu {

/// Whether an activation computes an exponential; oneDNN has the others at no
/// cost.
inline bool is_costly(graph::ActivationKind activation) {
  return activation != graph::ActivationKind::linear &&
         activation != graph::ActivationKind::relu;
}

/// What a convolution does to its sums: y = f(sums + bias [+ r]). Inputs after
/// x and w: the bias, then r, where they are there.
struct Epilogue {
  bool bias = false;
  bool residual = false;
  graph::ActivationKind activation = graph::ActivationKind::linear;

  bool empty() const {
    return !bias && !residual && activation == graph::ActivationKind::linear;
  }
};

/// How a kernel lays its result out: channels last, or in blocks of eight
/// channels, (N, C / 8, H, W, 8).
enum class ChannelLayout { last, blocks_of_8 };

/// The kernel that runs `sums`, a kernel of inputs x and w, and then the
/// epilogue in one pass, which also puts the channels last. `output`: y (N, H,
/// W, C), whose elements the sums have too.
Kernel with_epilogue(Kernel sums, ChannelLayout layout,
                     const TensorSpec& output, const Epilogue& epilogue);

}  // namespace lathe::cpu
