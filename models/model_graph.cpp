#include <algorithm>
#include <set>

#include "core/error.h"
#include "models/model_state.h"

namespace lathe::models {
namespace {

using layers::Call;
using layers::Definition;
using layers::Symbol;
using CallPointer = std::shared_ptr<const Call>;

// keras/src/ops/function.py, _build_map: depth first from the outputs.
class Traversal {
 public:
  explicit Traversal(const std::vector<Symbol>& inputs) {
    for (const Symbol& input : inputs) inputs_.insert(input.call().get());
  }

  void visit(const CallPointer& call) {
    if (!call) fail("model: an output is a Symbol that no layer made");
    if (!seen_.insert(call.get()).second) return;
    first_visit_.emplace(call->layer.get(), first_visit_.size());
    if (call->inputs.empty() && inputs_.count(call.get()) == 0) {
      fail("model: an output depends on '", call->layer->name(),
           "', which is not among the inputs");
    }
    for (const Symbol& input : call->inputs) visit(input.call());
    calls.push_back(call);
  }

  std::size_t first_visit(const Definition* layer) const {
    return first_visit_.at(layer);
  }
  bool knows(const Definition* layer) const {
    return first_visit_.count(layer) != 0;
  }

  std::vector<CallPointer> calls;

 private:
  std::set<const Call*> inputs_;
  std::set<const Call*> seen_;
  std::map<const Definition*, std::size_t> first_visit_;
};

struct FoundLayer {
  std::shared_ptr<Definition> layer;
  std::int64_t depth = 0;
  std::int64_t first_visit = 0;
};

}  // namespace

void Model::State::map_graph() {
  for (const Symbol& input : inputs) {
    if (!input.call() || !input.call()->inputs.empty()) {
      fail("model '", name(), "': an input is not a result of Input()");
    }
  }
  Traversal traversal(inputs);
  for (const Symbol& output : outputs) traversal.visit(output.call());
  calls = std::move(traversal.calls);

  // Depth counts from the outputs; a layer called at several depths is at the
  // largest, and so are all of its calls seen from there on.
  std::map<const Call*, std::int64_t> depths;
  std::map<const Definition*, std::int64_t> layer_depths;
  std::vector<FoundLayer> placed;
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
    const Definition* layer = (*call)->layer.get();
    if (layer_depths.count(layer) == 0) {
      placed.push_back({.layer = (*call)->layer,
                        .first_visit = static_cast<std::int64_t>(
                            traversal.first_visit(layer))});
    }
    const std::int64_t depth =
        std::max(depths[call->get()], layer_depths[layer]);
    depths[call->get()] = depth;
    layer_depths[layer] = depth;
    for (const Symbol& input : (*call)->inputs) {
      std::int64_t& below = depths[input.call().get()];
      below = std::max(below, depth + 1);
    }
  }
  for (const Symbol& input : inputs) {
    const CallPointer& call = input.call();
    if (traversal.knows(call->layer.get())) continue;
    placed.push_back({.layer = call->layer, .depth = 0, .first_visit = -1});
    calls.insert(calls.begin(), call);
    depths[call.get()] = 0;
  }
  for (FoundLayer& place : placed) {
    place.depth = layer_depths[place.layer.get()];
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const FoundLayer& a, const FoundLayer& b) {
                     return a.depth != b.depth ? a.depth > b.depth
                                               : a.first_visit < b.first_visit;
                   });
  for (const FoundLayer& place : placed) layers.push_back(place.layer);

  std::set<std::int64_t> taken;
  for (const CallPointer& call : calls) {
    std::vector<const Call*>& same = calls_of[call->layer.get()];
    same.push_back(call.get());
    is_sequence = is_sequence && same.size() == 1 && call->inputs.size() <= 1 &&
                  taken.insert(depths[call.get()]).second;
  }
  for (auto& [layer, same] : calls_of) {
    std::sort(same.begin(), same.end(), [](const Call* a, const Call* b) {
      return a->serial < b->serial;
    });
  }
}

}  // namespace lathe::models
