#pragma once

#include "core/graph/operation.h"
#include "core/kernel.h"

namespace lathe::cuda {

// Own kernels, each in the file named after the header of its operation.
Kernel make(const graph::Activation&, const Signature&);
Kernel make(const graph::ActivationGradient&, const Signature&);
Kernel make(const graph::Softmax&, const Signature&);
Kernel make(const graph::SoftmaxGradient&, const Signature&);
Kernel make(const graph::Add&, const Signature&);
Kernel make(const graph::Multiply&, const Signature&);
Kernel make(const graph::ReduceSum&, const Signature&);
Kernel make(const graph::Affine&, const Signature&);
Kernel make(const graph::Constant&, const Signature&);
Kernel make(const graph::Increment&, const Signature&);

}  // namespace lathe::cuda
