#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/kernel.h"
#include "core/trial_cache.h"

namespace lathe::cpu {

/// A way to compute an operation.
struct Candidate {
  std::string name;
  std::function<Kernel()> make;
};

/// The candidate whose kernel was fastest in a trial on this processor, with as
/// many threads: in this run, or an earlier one that left its name in
/// lathe/cpu_trials.txt (trial_cache.h). `problem` and the signature's specs
/// name what is computed, and others than these candidates are tried anew.
/// Where nothing can be kept it is the first, for two trials may end otherwise
/// than each other, and two kernels in different bits.
Candidate fastest(const std::string& problem, const Signature& signature,
                  const std::vector<Candidate>& candidates);

/// The same with another memory of trials.
Candidate fastest(const std::string& problem, const Signature& signature,
                  const std::vector<Candidate>& candidates, TrialCache& cache);

}  // namespace lathe::cpu
