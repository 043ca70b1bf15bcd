#pragma once

#include <locale>
#include <sstream>

namespace lathe {

/// A stream that makes a text and writes numbers as files have them, 1234.5,
/// also in a program whose locale writes 1.234,5.
class PlainText : public std::ostringstream {
 public:
  PlainText() { imbue(std::locale::classic()); }
};

}  // namespace lathe
