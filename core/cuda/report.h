#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lathe::cuda {

/// What is asked about, and the answer.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// What this build has of CUDA, what the machine has, and its GPUs with their
/// memory; where something is missing, why. Opens the libraries.
Facts report();

}  // namespace lathe::cuda
