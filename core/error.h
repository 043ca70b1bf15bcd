#pragma once

#include <stdexcept>
#include <string>

#include "core/plain_text.h"

namespace lathe {

/// Everything lathe refuses: the text names the operation (or the file), what
/// it met, and what would have been right.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The parts printed one after another.
template <class... Parts>
std::string concat(const Parts&... parts) {
  PlainText text;
  (text << ... << parts);
  return text.str();
}

/// Throws Error with the parts printed one after another.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(concat(parts...));
}

}  // namespace lathe
