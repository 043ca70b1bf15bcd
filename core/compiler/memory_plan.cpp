#include "core/compiler/memory_plan.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/compiler/constant_part.h"

namespace lathe {
namespace {

using graph::Graph;
using graph::Node;
using graph::Role;
using graph::ValueId;

constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();

std::size_t number(ValueId id) {
  return static_cast<std::size_t>(id);
}

// Values that share one piece of memory, and when it is in use.
struct Block {
  std::size_t bytes = 0;
  std::int64_t first = kAlways;
  std::int64_t last = -1;
  std::size_t offset = 0;
};

class Planner {
 public:
  Planner(const Graph& graph, const MemoryPlanOptions& options)
      : graph_(graph),
        options_(options),
        block_of_(graph.values().size(), -1),
        last_use_(graph.values().size(), -1),
        kept_(options.prepare_once ? constant_part(graph).kept
                                   : std::vector<bool>(graph.values().size())) {
  }

  MemoryPlan plan() {
    find_last_uses();
    make_blocks();
    place_blocks();
    MemoryPlan plan;
    plan.bytes = bytes_;
    for (const std::int64_t block : block_of_) {
      plan.offsets.push_back(
          block < 0 ? MemoryPlan::kNowhere
                    : blocks_[static_cast<std::size_t>(block)].offset);
    }
    return plan;
  }

  std::vector<std::size_t> bytes_in_use() {
    find_last_uses();
    make_blocks();
    std::vector<std::size_t> result(graph_.nodes().size());
    const auto count = static_cast<std::int64_t>(result.size());
    for (const Block& block : blocks_) {
      const std::int64_t last = std::min(block.last, count - 1);
      for (std::int64_t i = block.first; i <= last; ++i) {
        result[static_cast<std::size_t>(i)] += block.bytes;
      }
    }
    return result;
  }

 private:
  void find_last_uses() {
    const auto& nodes = graph_.nodes();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto now = static_cast<std::int64_t>(i);
      for (const ValueId id : nodes[i].inputs) last_use_[number(id)] = now;
      for (const ValueId id : nodes[i].outputs) last_use_[number(id)] = now;
    }
    for (const auto& [name, id] : graph_.outputs()) {
      last_use_[number(id)] = kAlways;
    }
    for (std::size_t v = 0; v < kept_.size(); ++v) {
      if (kept_[v]) last_use_[v] = kAlways;
    }
  }

  void make_blocks() {
    for (std::size_t v = 0; v < graph_.values().size(); ++v) {
      if (graph_.values()[v].role == Role::input) {
        add_block(static_cast<ValueId>(v), 0);
        blocks_.back().last = kAlways;
      }
    }
    const auto& nodes = graph_.nodes();
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto now = static_cast<std::int64_t>(i);
      for (std::size_t o = 0; o < nodes[i].outputs.size(); ++o) {
        const ValueId id = nodes[i].outputs[o];
        if (o == 0 && share_with_input(nodes[i], id, now)) continue;
        add_block(id, now);
      }
    }
  }

  void add_block(ValueId id, std::int64_t first) {
    block_of_[number(id)] = static_cast<std::int64_t>(blocks_.size());
    blocks_.push_back(
        {.bytes = graph_.value(id).spec.bytes(),
         .first = kept_[number(id)] ? 0 : first,
         .last = options_.liveness ? last_use_[number(id)] : kAlways});
  }

  // A view (reshape) always shares; other results take over memory that nobody
  // reads afterwards.
  bool share_with_input(const Node& node, ValueId output, std::int64_t now) {
    const bool view = std::holds_alternative<graph::Reshape>(node.operation);
    const auto candidate =
        graph::in_place_input_of(node.operation, node.inputs.size());
    if (!candidate || (!view && !options_.in_place)) return false;
    const ValueId input = node.inputs[*candidate];
    const std::int64_t block = block_of_[number(input)];
    if (block < 0) return false;
    Block& shared = blocks_[static_cast<std::size_t>(block)];
    if (graph_.value(input).spec.bytes() != graph_.value(output).spec.bytes()) {
      return false;
    }
    if (!view && shared.last != now) return false;
    // An operand given twice would be overwritten while it is still read.
    const auto same_memory = [&](ValueId id) {
      return block_of_[number(id)] == block;
    };
    if (!view && std::count_if(node.inputs.begin(), node.inputs.end(),
                               same_memory) > 1) {
      return false;
    }
    block_of_[number(output)] = block;
    if (kept_[number(output)]) shared.first = 0;
    shared.last = std::max(
        shared.last, options_.liveness ? last_use_[number(output)] : kAlways);
    return true;
  }

  void place_blocks() {
    std::vector<std::size_t> order(blocks_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) {
                       return blocks_[a].bytes > blocks_[b].bytes;
                     });
    std::vector<std::size_t> placed;  // by offset
    for (const std::size_t i : order) {
      Block& block = blocks_[i];
      std::size_t offset = 0;
      for (const std::size_t j : placed) {
        const Block& other = blocks_[j];
        if (other.last < block.first || block.last < other.first) continue;
        if (offset + block.bytes <= other.offset) break;
        const std::size_t end = other.offset + other.bytes;
        offset = std::max(offset, aligned(end));
      }
      block.offset = offset;
      bytes_ = std::max(bytes_, offset + block.bytes);
      placed.insert(std::upper_bound(placed.begin(), placed.end(), i,
                                     [&](std::size_t a, std::size_t b) {
                                       return blocks_[a].offset <
                                              blocks_[b].offset;
                                     }),
                    i);
    }
  }

  const Graph& graph_;
  MemoryPlanOptions options_;
  std::vector<std::int64_t> block_of_;
  std::vector<std::int64_t> last_use_;
  std::vector<bool> kept_;
  std::vector<Block> blocks_;
  std::size_t bytes_ = 0;
};

}  // namespace

MemoryPlan plan_memory(const Graph& graph, const MemoryPlanOptions& options) {
  return Planner(graph, options).plan();
}

std::vector<std::size_t> bytes_in_use(const Graph& graph,
                                      const MemoryPlanOptions& options) {
  return Planner(graph, options).bytes_in_use();
}

}  // namespace lathe
