#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/communication/communicator.h"

namespace lathe::apps {

/// The processes that mpirun started, of which this is one; null where it is
/// alone.
const std::shared_ptr<Communicator>& processes();

/// Whether this one is alone or their first, which alone writes files.
bool is_first_process();

/// What CUDA_VISIBLE_DEVICES becomes, so that a process has a GPU to itself:
/// its own of those that are named, or its number where nothing is. What names
/// one GPU only, as launchers do it, or fewer than there are processes, stays.
std::string gpus_of(const char* visible, int local_rank);

/// The work of a program that mpirun may start: joins the others, so that
/// processes() gives them, and works with its share of the cores and its GPU.
/// Only the first one's standard output is seen. Returns what the work returns;
/// where it throws, that is explained once, and all end as `failed`.
int run_together(const std::function<int()>& work);

}  // namespace lathe::apps
