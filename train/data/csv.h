#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lathe::train {

using CsvRow = std::vector<std::string>;

/// The rows of a file of fields separated by commas (RFC 4180): a field in
/// quotation marks may hold commas, line breaks and, doubled, quotation marks;
/// blanks around one without are left out. An empty line is a row of one empty
/// field. Throws Error naming file and row, counted from 1.
std::vector<CsvRow> read_csv(const std::filesystem::path& path);

/// A field as such a file has it, in quotation marks where it needs them.
std::string csv_field(const std::string& text);

}  // namespace lathe::train
