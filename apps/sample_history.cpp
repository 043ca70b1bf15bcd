#include "apps/sample_history.h"

#include <charconv>

#include "core/error.h"

namespace lathe::apps {
namespace {

constexpr std::string_view kCell = "<td data-epoch=\"";
constexpr std::string_view kSample = "\" data-sample=\"";
constexpr std::string_view kEnd = "</td>";

// The number that a text begins with; -1 where it doesn't.
std::int64_t number_at(std::string_view text) {
  std::int64_t value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

void SampleHistory::add(std::int64_t epoch, const std::vector<Cell>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    columns_[epoch][i] = concat(kCell, epoch, kSample, i, "\" class=\"",
                                cells[i].style, "\">", cells[i].body, kEnd);
  }
  thin_out();
}

void SampleHistory::restore(std::string_view page, std::int64_t last_epoch) {
  for (std::size_t at = page.find(kCell); at != std::string_view::npos;
       at = page.find(kCell, at + 1)) {
    const std::string_view cell = page.substr(at, page.find(kEnd, at) - at);
    const std::size_t sample = cell.find(kSample);
    if (sample == std::string_view::npos) continue;
    const std::int64_t epoch = number_at(cell.substr(kCell.size()));
    const std::int64_t row = number_at(cell.substr(sample + kSample.size()));
    if (epoch < 1 || epoch > last_epoch || row < 0) continue;
    columns_[epoch][static_cast<std::size_t>(row)] = concat(cell, kEnd);
  }
  thin_out();
}

// A column that is left out now would be left out later too.
void SampleHistory::thin_out() {
  if (columns_.empty()) return;
  constexpr std::int64_t kMostBetween = 6;
  const std::int64_t last = columns_.rbegin()->first;
  std::int64_t stride = 1;
  while (last / stride > kMostBetween) stride *= 2;
  std::erase_if(columns_, [&](const auto& column) {
    const std::int64_t epoch = column.first;
    return epoch != 1 && epoch != last && epoch % stride != 0;
  });
}

std::string SampleHistory::table(
    const std::string& titles,
    const std::vector<std::string>& beginnings) const {
  if (columns_.empty()) return {};
  std::string text = concat("<thead><tr>", titles);
  for (const auto& [epoch, cells] : columns_) {
    text += concat("<th>epoch ", epoch, "</th>");
  }
  text += "</tr></thead>\n<tbody>\n";
  for (std::size_t i = 0; i < beginnings.size(); ++i) {
    text += "<tr>" + beginnings[i];
    for (const auto& [epoch, cells] : columns_) {
      const auto cell = cells.find(i);
      text += cell == cells.end() ? "<td></td>" : "\n" + cell->second;
    }
    text += "</tr>\n";
  }
  return concat("<div class=\"wide\"><table class=\"samples\">", text,
                "</tbody></table></div>\n");
}

}  // namespace lathe::apps
