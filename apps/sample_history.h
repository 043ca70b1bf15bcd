#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::apps {

/// What a model made of a few samples over the epochs, as columns of a table:
/// those of at most eight epochs, the first, the last and others evenly
/// between.
class SampleHistory {
 public:
  /// A cell a sample: an HTML attribute class and what is in it.
  struct Cell {
    std::string style;
    std::string body;
  };

  void add(std::int64_t epoch, const std::vector<Cell>& cells);
  /// Takes the columns up to that epoch from a page that table() is in.
  void restore(std::string_view page, std::int64_t last_epoch);

  /// An HTML table. `titles` and `beginnings` are HTML of the columns before
  /// those of the epochs; of the latter a text a sample holds all of them.
  std::string table(const std::string& titles,
                    const std::vector<std::string>& beginnings) const;

 private:
  void thin_out();

  // By epoch and sample, the whole <td>.
  std::map<std::int64_t, std::map<std::size_t, std::string>> columns_;
};

}  // namespace lathe::apps
