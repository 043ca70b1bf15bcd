#include <algorithm>
#include <array>
#include <iomanip>
#include <set>

#include "core/error.h"
#include "core/plain_text.h"
#include "models/model_state.h"

namespace lathe::models {
namespace {

using layers::Call;
using layers::Definition;
using layers::Weight;

struct Column {
  std::string title;
  bool right_aligned = false;
};

using Lines = std::vector<std::string>;
using Row = std::vector<Lines>;

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::int64_t>(digits.size()) - 3; at > 0;
       at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string memory_size(std::size_t bytes) {
  constexpr std::array kUnits = {"B", "KB", "MB", "GB", "TB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  PlainText text;
  text << std::fixed << std::setprecision(2) << size << ' ' << kUnits[unit];
  return text.str();
}

std::string shape_text(const Shape& shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    text += axis == 0 ? "" : ", ";
    text += shape[axis] == -1 ? "None" : std::to_string(shape[axis]);
  }
  return text + ')';
}

// The display width of what stands in cells, which is ASCII.
std::size_t width_of(const Lines& lines) {
  std::size_t width = 0;
  for (const std::string& line : lines) width = std::max(width, line.size());
  return width;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

// One line between rows: its left end, fill, crossing and right end.
std::string rule(const std::vector<std::size_t>& widths,
                 const std::array<std::string_view, 4>& parts) {
  std::string line(parts[0]);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) line += parts[2];
    line += repeated(parts[1], widths[i] + 2);
  }
  return line.append(parts[3]) + '\n';
}

std::string drawn(const Row& row, const std::vector<Column>& columns,
                  const std::vector<std::size_t>& widths,
                  std::string_view border) {
  std::size_t height = 1;
  for (const Lines& cell : row) height = std::max(height, cell.size());
  std::string text;
  for (std::size_t line = 0; line < height; ++line) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = line < row[i].size() ? row[i][line] : "";
      const std::string space(widths[i] - cell.size(), ' ');
      text.append(border) += ' ';
      text += columns[i].right_aligned ? space + cell : cell + space;
      text += ' ';
    }
    text.append(border) += '\n';
  }
  return text;
}

// A table as rich draws it for Keras.
std::string table(const std::vector<Column>& columns,
                  const std::vector<Row>& rows) {
  Row titles;
  std::vector<std::size_t> widths;
  for (const Column& column : columns) {
    titles.push_back({column.title});
    widths.push_back(column.title.size());
  }
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(row[i]));
    }
  }
  std::string text = rule(widths, {"┏", "━", "┳", "┓"});
  text += drawn(titles, columns, widths, "┃");
  text += rule(widths, {"┡", "━", "╇", "┩"});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) text += rule(widths, {"├", "─", "┼", "┤"});
    text += drawn(rows[i], columns, widths, "│");
  }
  return text + rule(widths, {"└", "─", "┴", "┘"});
}

// Name and class on one line where that makes the column no wider than the
// names alone do, else on two.
Lines title_of(const Definition& layer, std::size_t width) {
  const std::string type = concat('(', layer.class_name(), ')');
  const std::string line = concat(layer.name(), ' ', type);
  if (line.size() <= width) return {line};
  return {layer.name(), type};
}

std::string total(std::string_view what, std::int64_t count,
                  std::size_t bytes) {
  return concat(' ', what, " params: ", grouped(count), " (",
                memory_size(bytes), ")\n");
}

}  // namespace

std::string Model::summary() const {
  std::vector<Column> columns = {{.title = "Layer (type)"},
                                 {.title = "Output Shape"},
                                 {.title = "Param #", .right_aligned = true}};
  if (!state_->is_sequence) columns.push_back({.title = "Connected to"});
  std::size_t width = 0;
  for (const auto& layer : state_->layers) {
    width =
        std::max({width, layer->name().size(), layer->class_name().size() + 2});
  }
  const auto place = [&](const Call* call) {
    const auto& calls = state_->calls_of.at(call->layer.get());
    return std::find(calls.begin(), calls.end(), call) - calls.begin();
  };
  std::vector<Row> rows;
  for (const auto& layer : state_->layers) {
    const auto& calls = state_->calls_of.at(layer.get());
    Row row = {title_of(*layer, width),
               {shape_text(calls.back()->shape)},
               {grouped(layer->parameter_count())}};
    if (!state_->is_sequence) {
      Lines connections;
      for (const Call* call : calls) {
        for (const layers::Symbol& input : call->inputs) {
          if (!connections.empty()) connections.back() += ',';
          const Call* from = input.call().get();
          connections.push_back(
              concat(from->layer->name(), '[', place(from), "][0]"));
        }
      }
      if (connections.empty()) connections = {"-"};
      row.push_back(std::move(connections));
    }
    rows.push_back(std::move(row));
  }
  std::size_t bytes = 0;
  std::size_t trainable_bytes = 0;
  for (const Weight& weight : weights()) bytes += weight.tensor.bytes();
  for (const Weight& weight : trainable_weights()) {
    trainable_bytes += weight.tensor.bytes();
  }
  const std::int64_t count = count_params();
  const std::int64_t trainable = count_trainable_params();
  return concat(
      "Model: \"", name(), "\"\n", table(columns, rows),
      total("Total", count, bytes),
      total("Trainable", trainable, trainable_bytes),
      total("Non-trainable", count - trainable, bytes - trainable_bytes));
}

}  // namespace lathe::models
