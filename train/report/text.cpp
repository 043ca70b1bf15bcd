#include "train/report/text.h"

#include <algorithm>
#include <iomanip>

#include "core/plain_text.h"

namespace lathe::train {
namespace {

// Bytes that go on with a letter of several.
bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::string ascii(std::string_view text) {
  std::string result;
  for (const char byte : text) {
    if (continues(byte)) continue;
    result += byte >= ' ' && byte <= '~' ? byte : '?';
  }
  return result;
}

}  // namespace

std::size_t letters(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::ranges::count_if(text, continues));
}

std::string written(std::string_view text, std::size_t most) {
  std::string result = ascii(text);
  if (result.size() <= most) return result;
  result.resize(std::max<std::size_t>(most, 2) - 2);
  return result + "..";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t most) {
  std::string rest = ascii(text);
  std::vector<std::string> lines;
  while (rest.size() > most) {
    const std::size_t space = rest.rfind(' ', most);
    const bool between = space != std::string::npos && space > 0;
    lines.push_back(rest.substr(0, between ? space : most));
    rest.erase(0, between ? space + 1 : most);
  }
  lines.push_back(rest);
  return lines;
}

std::string number(double value, int digits) {
  PlainText text;
  text << std::fixed << std::setprecision(digits) << value;
  return text.str();
}

std::string significant(double value, int digits) {
  PlainText text;
  text << std::setprecision(digits) << value;
  return text.str();
}

}  // namespace lathe::train
