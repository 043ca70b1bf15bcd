#pragma once

#include <memory>

#include "core/communication/communicator.h"

namespace lathe {

/// How many processes mpirun (or Slurm's srun) started with this one, by what
/// it left in the environment; 1 where it did not start this one.
int started_processes();

/// Starts MPI, through liblathe_mpi.so beside the program. Once a process; MPI
/// ends with the communicator. Throws Error where that is not there, which is
/// so where the build found no MPI.
std::shared_ptr<Communicator> start_mpi();

}  // namespace lathe
