#include "core/compiler/profile.h"

#include <algorithm>
#include <iomanip>
#include <map>

#include "core/error.h"
#include "core/plain_text.h"

namespace lathe {
namespace {

// What a row of the table sums up, of all runs together.
struct Row {
  std::string name;
  std::string detail;
  double milliseconds = 0;
  double flops = 0;
  double bytes = 0;
  double least_milliseconds = 0;
};

void add(Row& row, const Profile::Node& node, double runs, const Peaks& peaks) {
  row.milliseconds += node.milliseconds;
  row.flops += node.cost.flops * runs;
  row.bytes += node.cost.bytes * runs;
  if (peaks.flops <= 0 || peaks.bytes <= 0) return;
  row.least_milliseconds +=
      1000 * runs *
      std::max(node.cost.flops / peaks.flops, node.cost.bytes / peaks.bytes);
}

void write_heading(std::ostream& out, const std::string& name,
                   const std::string& detail) {
  out << std::left << std::setw(58) << name << std::setw(20) << detail
      << std::right << std::setw(10) << "ms" << std::setw(9) << "share"
      << std::setw(9) << "GFLOP/s" << std::setw(8) << "GB/s" << std::setw(10)
      << "roofline" << '\n';
}

void write(std::ostream& out, const Row& row, double runs, double all) {
  const auto of = [](double part, double whole) {
    return whole > 0 ? part / whole : 0;
  };
  out << std::left << std::setw(58) << row.name.substr(0, 57) << std::setw(20)
      << row.detail << std::right << std::fixed << std::setprecision(3)
      << std::setw(10) << of(row.milliseconds, runs) << std::setprecision(1)
      << std::setw(8) << 100 * of(row.milliseconds, all) << '%' << std::setw(9)
      << of(row.flops, 1e6 * row.milliseconds) << std::setw(8)
      << of(row.bytes, 1e6 * row.milliseconds) << std::setprecision(0)
      << std::setw(9) << 100 * of(row.least_milliseconds, row.milliseconds)
      << "%\n";
}

void sort_slowest_first(std::vector<Row>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.milliseconds > b.milliseconds;
  });
}

}  // namespace

Profile::Profile(const Executable& executable, Peaks peaks)
    : device_(executable.device()), peaks_(peaks) {
  const graph::Graph& graph = executable.graph();
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const graph::Node& node = graph.nodes()[i];
    Node& added = nodes_.emplace_back();
    added.name = node.name;
    added.operation = graph::name_of(node.operation);
    for (const TensorSpec& input : graph.specs(node.inputs)) {
      added.inputs += concat(added.inputs.empty() ? "" : ", ", input);
    }
    if (!node.outputs.empty()) {
      added.output = to_string(graph.shape(node.outputs[0]));
    }
    added.kernel = executable.implementation(i);
    if (executable.is_prepared(i)) continue;
    added.cost = graph::cost_of(node.operation, graph.specs(node.inputs),
                                graph.specs(node.outputs));
  }
}

void Profile::add(const std::vector<NodeTime>& run) {
  if (run.size() != nodes_.size()) {
    fail("profile: times of ", run.size(), " nodes; the executable has ",
         nodes_.size());
  }
  for (std::size_t i = 0; i < run.size(); ++i) {
    nodes_[i].milliseconds += run[i].milliseconds;
  }
  ++runs_;
}

double Profile::milliseconds() const {
  double total = 0;
  for (const Node& node : nodes_) total += node.milliseconds;
  return runs_ == 0 ? 0 : total / static_cast<double>(runs_);
}

std::string Profile::table(std::size_t slowest) const {
  const auto runs = static_cast<double>(runs_);
  struct Kind {
    Row row;
    std::size_t nodes = 0;
  };
  std::map<std::string_view, Kind> kinds;
  std::vector<Row> nodes;
  Row all{.name = "all"};
  for (const Node& node : nodes_) {
    Kind& kind = kinds[node.operation];
    lathe::add(kind.row, node, runs, peaks_);
    ++kind.nodes;
    nodes.push_back({.name = node.name, .detail = node.output});
    lathe::add(nodes.back(), node, runs, peaks_);
    lathe::add(all, node, runs, peaks_);
  }
  std::vector<Row> operations;
  for (auto& [name, kind] : kinds) {
    kind.row.name = name;
    kind.row.detail = std::to_string(kind.nodes);
    operations.push_back(kind.row);
  }
  all.detail = std::to_string(nodes.size());
  sort_slowest_first(operations);
  sort_slowest_first(nodes);
  nodes.resize(std::min(nodes.size(), slowest));
  PlainText text;
  text << "roofline of the " << name_of(device_)
       << ", as measured: " << std::fixed << std::setprecision(1)
       << peaks_.flops / 1e9 << " GFLOP/s and " << peaks_.bytes / 1e9
       << " GB/s\n";
  write_heading(text, "operation", "nodes");
  for (const Row& row : operations) write(text, row, runs, all.milliseconds);
  write(text, all, runs, all.milliseconds);
  text << '\n';
  write_heading(text, "slowest nodes", "output");
  for (const Row& row : nodes) write(text, row, runs, all.milliseconds);
  return text.str();
}

}  // namespace lathe
