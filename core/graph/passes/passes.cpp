#include "core/graph/passes/passes.h"

#include <algorithm>

#include "core/error.h"

namespace lathe::graph {

const std::vector<Pass>& forward_passes() {
  static const std::vector<Pass> passes{
      {"remove_dead_work", remove_dead_work},
      {"join_augmentations", join_augmentations},
      {"join_loss", join_loss},
      {"fold_padding", fold_padding},
      {"fold_upsampling", fold_upsampling},
      {"merge_upsampling", merge_upsampling},
      {"fuse_normalization", fuse_normalization},
  };
  return passes;
}

const std::vector<Pass>& final_passes() {
  static const std::vector<Pass> passes{
      {"remove_dead_work", remove_dead_work},
      {"fold_mean_gradient", fold_mean_gradient},
      {"remove_zero_sums", remove_zero_sums},
      {"fold_normalization", fold_normalization},
      {"fuse_fixed_normalization", fuse_fixed_normalization},
      {"fuse_convolution", fuse_convolution},
  };
  return passes;
}

void run_passes(Graph& graph, const std::vector<Pass>& passes,
                const std::vector<std::string>& disabled) {
  const auto named = [](const std::vector<Pass>& list,
                        const std::string& name) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Pass& pass) { return pass.name == name; });
  };
  for (const std::string& name : disabled) {
    if (!named(forward_passes(), name) && !named(final_passes(), name)) {
      std::string names;
      for (const auto* list : {&forward_passes(), &final_passes()}) {
        for (const Pass& pass : *list) {
          names += concat(names.empty() ? "" : ", ", pass.name);
        }
      }
      fail("passes: there is none named '", name, "'; there are ", names);
    }
  }
  for (const Pass& pass : passes) {
    if (std::find(disabled.begin(), disabled.end(), pass.name) ==
        disabled.end()) {
      pass.run(graph);
    }
  }
}

}  // namespace lathe::graph
