#pragma once

#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace lathe::testing {

/// The names of all passes, and of the compiler's choices.
std::vector<std::string> all_passes();

/// What to switch off: nothing, everything, and each alone.
std::vector<std::vector<std::string>> choices_of_passes();

/// "without fold_padding": names a choice.
std::string name_of_choice(const std::vector<std::string>& disabled);

/// The operations of a graph and the values that they read and write.
std::string text_of(const graph::Graph& graph);

}  // namespace lathe::testing
