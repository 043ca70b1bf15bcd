#pragma once

#include <string>

namespace lathe::train {

/// How far the marks of an axis are apart: 1, 2 or 5 times a power of ten, such
/// that about `count` of them fill the range.
double nice_step(double range, int count);

/// A mark's number, with the digits that tell it from its neighbours.
std::string tick_label(double value, double step);

}  // namespace lathe::train
