#include <algorithm>
#include <iomanip>

#include "core/compiler/executable.h"
#include "core/plain_text.h"
#include "core/widened.h"

namespace lathe {

std::size_t Executable::bfloat16_operations() const {
  const auto uses = [&](const graph::Node& node) {
    return !std::holds_alternative<graph::Cast>(node.operation) &&
           has_bfloat16({.inputs = graph_.specs(node.inputs),
                         .outputs = graph_.specs(node.outputs)});
  };
  return static_cast<std::size_t>(
      std::count_if(graph_.nodes().begin(), graph_.nodes().end(), uses));
}

graph::Cost Executable::cost() const {
  graph::Cost total;
  for (const graph::Node& node : graph_.nodes()) {
    const graph::Cost cost = graph::cost_of(
        node.operation, graph_.specs(node.inputs), graph_.specs(node.outputs));
    total.flops += cost.flops;
    total.bytes += cost.bytes;
  }
  return total;
}

std::string Executable::summary() const {
  PlainText text;
  text << std::left << std::setw(48) << "operation" << std::setw(22) << "output"
       << std::right << std::setw(10) << "MFLOP" << std::setw(10) << "MB"
       << "  kernel\n";
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const graph::Node& node = graph_.nodes()[i];
    const graph::Cost cost = graph::cost_of(
        node.operation, graph_.specs(node.inputs), graph_.specs(node.outputs));
    text << std::left << std::setw(48) << node.name.substr(0, 47)
         << std::setw(22)
         << (node.outputs.empty() ? ""
                                  : to_string(graph_.shape(node.outputs[0])))
         << std::right << std::fixed << std::setprecision(1) << std::setw(10)
         << cost.flops / 1e6 << std::setw(10) << cost.bytes / 1e6 << "  "
         << steps_[i].kernel.implementation << '\n';
  }
  const graph::Cost total = cost();
  text << steps_.size() << " operations, " << total.flops / 1e9 << " GFLOP, "
       << total.bytes / 1e6 << " MB moved; arena "
       << static_cast<double>(arena_bytes_) / 1e6 << " MB, of it workspace "
       << static_cast<double>(workspace_bytes_) / 1e6 << " MB\n";
  const auto prepared = std::ranges::count_if(
      steps_, [](const Step& step) { return step.constant; });
  if (prepared > 0) {
    text << prepared << " of them run only when weights have changed\n";
  }
  return text.str();
}

}  // namespace lathe
