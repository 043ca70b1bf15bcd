#include "tests/support/passes.h"

#include <algorithm>

#include "core/error.h"
#include "core/graph/passes/passes.h"

namespace lathe::testing {

std::vector<std::string> all_passes() {
  std::vector<std::string> names(std::begin(graph::kCompilerChoices),
                                 std::end(graph::kCompilerChoices));
  for (const auto& list : {graph::forward_passes(), graph::final_passes()}) {
    for (const graph::Pass& pass : list) names.emplace_back(pass.name);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::vector<std::string>> choices_of_passes() {
  std::vector<std::vector<std::string>> choices{{}, all_passes()};
  for (const std::string& pass : all_passes()) choices.push_back({pass});
  return choices;
}

std::string name_of_choice(const std::vector<std::string>& disabled) {
  return disabled.empty()       ? "with all passes"
         : disabled.size() == 1 ? "without " + disabled[0]
                                : "without passes";
}

std::string text_of(const graph::Graph& graph) {
  std::string text;
  for (const graph::Node& node : graph.nodes()) {
    text += graph::name_of(node.operation);
    for (const graph::ValueId id : node.inputs) text += concat(' ', id);
    for (const graph::ValueId id : node.outputs) text += concat(" > ", id);
    text += '\n';
  }
  return text;
}

}  // namespace lathe::testing
