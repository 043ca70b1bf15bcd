#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lathe::train {

/// How many letters a UTF-8 text has.
std::size_t letters(std::string_view text);

/// A text as a Canvas can write it, "?" for each letter that is not ASCII; of
/// more than `most` letters the last ones become "..".
std::string written(std::string_view text, std::size_t most);

/// The same in lines of at most `most` letters, broken between words where
/// that is possible.
std::vector<std::string> wrapped(std::string_view text, std::size_t most);

/// With so many digits behind the point.
std::string number(double value, int digits);

/// With at most so many digits that say something, as C's %g writes it.
std::string significant(double value, int digits);

}  // namespace lathe::train
