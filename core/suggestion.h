#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lathe {

/// What an error says after a name that there is not: "; there are ..." with
/// the known ones, and before that the nearest, if any is near: "; did you mean
/// 'rotation'? There are ...".
std::string suggestion(std::string_view name,
                       const std::vector<std::string>& known);

/// The fewest letters to insert, remove or change, or neighbours to exchange,
/// that make one word of another (optimal string alignment).
std::size_t edit_distance(std::string_view one, std::string_view other);

}  // namespace lathe
