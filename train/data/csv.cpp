#include "train/data/csv.h"

#include <algorithm>
#include <string_view>

#include "core/error.h"
#include "core/read_file.h"

namespace lathe::train {
namespace {

constexpr std::string_view kBlanks = " \t";

class Reader {
 public:
  Reader(std::string_view text, std::string name)
      : text_(text), name_(std::move(name)) {}

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> result;
    while (at_ < text_.size()) {
      ++row_;
      result.push_back(row());
    }
    return result;
  }

 private:
  // Goes past the end of its line.
  CsvRow row() {
    CsvRow fields;
    while (true) {
      skip_blanks();
      fields.push_back(next_is('"') ? quoted() : plain());
      if (next_is(',')) {
        ++at_;
        continue;
      }
      if (next_is('\r')) ++at_;
      if (next_is('\n')) ++at_;
      return fields;
    }
  }

  std::string plain() {
    const std::size_t end =
        std::min(text_.find_first_of(",\r\n", at_), text_.size());
    std::string_view field = text_.substr(at_, end - at_);
    at_ = end;
    field = field.substr(0, field.find_last_not_of(kBlanks) + 1);
    return std::string(field);
  }

  std::string quoted() {
    std::string field;
    ++at_;
    while (true) {
      const std::size_t mark = text_.find('"', at_);
      if (mark == std::string_view::npos) {
        fail(name_, ": row ", row_, ": a quotation mark is not closed");
      }
      field += text_.substr(at_, mark - at_);
      at_ = mark + 1;
      if (!next_is('"')) break;
      field += '"';
      ++at_;
    }
    skip_blanks();
    if (at_ < text_.size() && !next_is(',') && !next_is('\r') &&
        !next_is('\n')) {
      fail(name_, ": row ", row_, ": '", text_[at_],
           "' behind a closing quotation mark; a comma or the end of the row "
           "would be right");
    }
    return field;
  }

  void skip_blanks() {
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
  }
  bool next_is(char letter) const {
    return at_ < text_.size() && text_[at_] == letter;
  }

  std::string_view text_;
  std::string name_;
  std::size_t at_ = 0;
  std::size_t row_ = 0;
};

}  // namespace

std::vector<CsvRow> read_csv(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  std::string_view text = bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return Reader(text, path.string()).rows();
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) {
    quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  }
  return quoted + '"';
}

}  // namespace lathe::train
