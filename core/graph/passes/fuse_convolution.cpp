#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {

void fuse_convolution(Graph& graph) {
  Fusion<Convolution>(graph).run();
  Fusion<ConvolutionInputGradient>(graph).run();
}

}  // namespace lathe::graph
