#include "core/graph/passes/fusion.h"
#include "core/graph/passes/passes.h"

namespace lathe::graph {

void fuse_normalization(Graph& graph) {
  Fusion<BatchNormalization>(graph).run();
}

void fuse_fixed_normalization(Graph& graph) {
  Fusion<FixedNormalization>(graph).run();
}

}  // namespace lathe::graph
