#include "core/graph/passes/passes.h"

#include <algorithm>

#include "core/error.h"

namespace lathe::graph {

std::vector<Pass> forward_passes(Device device) {
  return {
      {"remove_dead_work", remove_dead_work},
      {"join_augmentations", join_augmentations},
      {"join_loss", join_loss},
      {"fold_padding", fold_padding},
      {"fold_upsampling", fold_upsampling},
      {"merge_upsampling",
       [device](Graph& graph) { merge_upsampling(graph, device); }},
      {"join_excitation", join_excitation},
      {"fuse_normalization", fuse_normalization},
  };
}

std::vector<Pass> final_passes(const Bfloat16Choice& choice, Device device) {
  return {
      {"remove_dead_work", remove_dead_work},
      {"fold_mean_gradient", fold_mean_gradient},
      {"join_moving_statistics", join_moving_statistics},
      {"remove_zero_sums", remove_zero_sums},
      {"fold_normalization", fold_normalization},
      {"fold_gate",
       [device, choice](Graph& graph) {
         if (device != Device::cuda && !choice) fold_gate(graph);
       }},
      {"mixed_precision",
       [choice](Graph& graph) {
         if (choice) mixed_precision(graph, choice);
       }},
      {"fuse_fixed_normalization", fuse_fixed_normalization},
      {"fuse_convolution", fuse_convolution},
      {"join_expansion",
       [device](Graph& graph) {
         if (device != Device::cuda) join_expansion(graph);
       }},
      {"join_normalization_gradient",
       [device](Graph& graph) {
         if (device != Device::cuda) join_normalization_gradient(graph);
       }},
      {"join_expansion_gradient",
       [device](Graph& graph) {
         if (device != Device::cuda) join_expansion_gradient(graph);
       }},
      {"join_means",
       [device](Graph& graph) {
         if (device != Device::cuda) join_means(graph);
       }},
  };
}

void run_passes(Graph& graph, const std::vector<Pass>& passes,
                const std::vector<std::string>& disabled) {
  std::vector<std::string_view> names;
  for (const auto& list : {forward_passes(), final_passes()}) {
    for (const Pass& pass : list) names.push_back(pass.name);
  }
  names.insert(names.end(), std::begin(kCompilerChoices),
               std::end(kCompilerChoices));
  for (const std::string& name : disabled) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      std::string known;
      for (const auto& other : names) {
        known += concat(known.empty() ? "" : ", ", other);
      }
      fail("passes: there is none named '", name, "'; there are ", known);
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
