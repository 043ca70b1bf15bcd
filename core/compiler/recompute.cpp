#include "core/compiler/recompute.h"

#include <algorithm>
#include <map>

#include "core/graph/gate.h"

namespace lathe {
namespace {

using graph::Graph;
using graph::Node;
using graph::Operation;
using graph::ValueId;

std::size_t number(ValueId id) {
  return static_cast<std::size_t>(id);
}

template <class... Kinds>
bool is_any_of(const Operation& operation) {
  return (std::holds_alternative<Kinds>(operation) || ...);
}

bool is_cheap(const Node& node) {
  if (const auto* convolution =
          std::get_if<graph::Convolution>(&node.operation)) {
    return convolution->groups > 1 && !convolution->means;
  }
  return node.outputs.size() == 1
             ? is_any_of<graph::FixedNormalization, graph::Activation,
                         graph::UpSampling, graph::Add, graph::Multiply,
                         graph::Affine, graph::Cast, graph::Concatenate,
                         graph::Slice, graph::Pad, graph::Reshape,
                         graph::Dropout>(node.operation)
             : is_any_of<graph::BatchNormalization>(node.operation);
}

bool is_gated_image(const Graph& graph, const Node& node) {
  return is_any_of<graph::Multiply>(node.operation) &&
         graph::is_gate(graph.shape(node.inputs[1]),
                        graph.shape(node.inputs[0]));
}

// Of what was in use at the most; saving more is not worth the time.
constexpr double kEnough = 0.5;
// The same of a gated image; saving less is not worth starting a kernel.
constexpr double kWorthwhile = 0.005;

// A value that the backward pass may compute itself.
struct Candidate {
  ValueId copy;          // that it computes
  std::size_t node;      // that computes the value
  double time_per_byte;  // that computing it takes, of whatever unit
  bool chosen = true;
};

class Recomputation {
 public:
  Recomputation(Graph& graph, Recomputed what, const MemoryPlanOptions& options)
      : graph_(graph), what_(what), options_(options), nodes_(graph.nodes()) {}

  void run() {
    find_candidates();
    if (candidates_.empty()) return;
    std::size_t enough = std::max(most_in_use(), enough_);
    // Without those that only take time; the dearest go first.
    std::vector<Candidate*> dearest;
    for (auto& [value, candidate] : candidates_) dearest.push_back(&candidate);
    std::stable_sort(dearest.begin(), dearest.end(),
                     [](const Candidate* a, const Candidate* b) {
                       return a->time_per_byte > b->time_per_byte;
                     });
    for (Candidate* const candidate : dearest) {
      candidate->chosen = false;
      const std::size_t without = most_in_use();
      candidate->chosen = without > enough;
      enough = std::max(std::min(enough, without), enough_);
    }
    schedule();
  }

 private:
  void find_candidates() {
    const std::vector<std::size_t> in_use = bytes_in_use(graph_, options_);
    peak_ = static_cast<std::size_t>(
        std::max_element(in_use.begin(), in_use.end()) - in_use.begin());
    most_ = static_cast<double>(in_use[peak_]);
    enough_ = static_cast<std::size_t>(kEnough * most_);
    const auto readers = graph_.consumers();
    const std::vector<bool> changes = changing_values(readers);
    std::vector<bool> kept(graph_.values().size());
    for (const auto& [name, id] : graph_.outputs()) kept[number(id)] = true;
    for (std::size_t i = 0; i < peak_; ++i) {
      const Node& node = nodes_[i];
      if (!is_wanted(node) || kept[number(node.outputs[0])]) continue;
      if (std::any_of(node.inputs.begin(), node.inputs.end(),
                      [&](ValueId id) { return changes[number(id)]; })) {
        continue;
      }
      const auto& reading = readers[number(node.outputs[0])];
      const auto late = std::upper_bound(reading.begin(), reading.end(), peak_);
      if (late == reading.begin() || late == reading.end()) continue;
      add_candidate(i);
    }
  }

  bool is_wanted(const Node& node) const {
    if (what_ == Recomputed::whatever_is_cheap) return is_cheap(node);
    return is_gated_image(graph_, node) &&
           static_cast<double>(graph_.value(node.outputs[0]).spec.bytes()) >=
               kWorthwhile * most_;
  }

  // What is written in place before the last node that may need it again.
  std::vector<bool> changing_values(
      const std::vector<std::vector<std::size_t>>& readers) const {
    std::size_t last = 0;
    for (std::size_t i = 0; i < peak_; ++i) {
      if (!is_wanted(nodes_[i])) continue;
      const auto& reading = readers[number(nodes_[i].outputs[0])];
      if (!reading.empty()) last = std::max(last, reading.back());
    }
    std::vector<bool> changes(graph_.values().size());
    for (std::size_t i = 0; i < last; ++i) {
      const auto& inputs = nodes_[i].inputs;
      for (const std::size_t w :
           graph::writes_of(nodes_[i].operation, inputs.size())) {
        changes[number(inputs[w])] = true;
      }
    }
    return changes;
  }

  void add_candidate(std::size_t i) {
    const Node& node = nodes_[i];
    const ValueId value = node.outputs[0];
    const graph::Value original = graph_.value(value);
    const graph::Cost cost = graph::cost_of(
        node.operation, graph_.specs(node.inputs), graph_.specs(node.outputs));
    // Where a processor does some operations a byte.
    constexpr double kFlopsPerByte = 4;
    candidates_[value] = {
        .copy = graph_.add_computed(original.name + " again", original.spec),
        .node = i,
        .time_per_byte = (cost.bytes + cost.flops / kFlopsPerByte) /
                         static_cast<double>(original.spec.bytes())};
  }

  std::size_t most_in_use() {
    schedule();
    const auto in_use = bytes_in_use(graph_, options_);
    return *std::max_element(in_use.begin(), in_use.end());
  }

  // The nodes with those that compute chosen values again, each before the
  // first that reads it.
  void schedule() {
    scheduled_.clear();
    is_there_.clear();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      Node node = nodes_[i];
      for (ValueId& input : node.inputs) input = at(input, i);
      scheduled_.push_back(std::move(node));
    }
    graph_.replace_nodes(scheduled_);
  }

  // What node i reads for a value.
  ValueId at(ValueId value, std::size_t i) {
    const auto found = candidates_.find(value);
    if (found == candidates_.end()) return value;
    const Candidate& candidate = found->second;
    if (!candidate.chosen || i <= peak_) return value;
    if (!is_there_[value]) {
      is_there_[value] = true;
      Node node = again(nodes_[candidate.node]);
      for (ValueId& input : node.inputs) input = at(input, i);
      node.outputs = {candidate.copy};
      scheduled_.push_back(std::move(node));
    }
    return candidate.copy;
  }

  // A batch's statistics are known by then.
  static Node again(Node node) {
    node.name += "/again";
    const auto* batch = std::get_if<graph::BatchNormalization>(&node.operation);
    if (batch == nullptr) return node;
    node.inputs.insert(node.inputs.begin() + 3,
                       {node.outputs[1], node.outputs[2]});
    node.operation = graph::FixedNormalization{.epsilon = batch->epsilon,
                                               .activation = batch->activation,
                                               .residual = batch->residual};
    return node;
  }

  Graph& graph_;
  Recomputed what_;
  MemoryPlanOptions options_;
  const std::vector<Node> nodes_;  // as they were
  // The node where most was in use. Those after it read copies.
  std::size_t peak_ = 0;
  double most_ = 0;  // so many bytes
  std::size_t enough_ = 0;
  std::map<ValueId, Candidate> candidates_;
  std::vector<Node> scheduled_;
  std::map<ValueId, bool> is_there_;
};

}  // namespace

void recompute(Graph& graph, Recomputed what,
               const MemoryPlanOptions& options) {
  Recomputation(graph, what, options).run();
}

}  // namespace lathe
