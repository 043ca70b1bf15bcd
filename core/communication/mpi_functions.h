#pragma once

#include <cstddef>
#include <cstdint>

// What liblathe_mpi.so gives: MPI behind an interface that is the same for
// every MPI. It is built where an MPI is found, and opened where mpirun
// started the program. Errors of MPI end all ranks, as is its default.
extern "C" {

enum LatheMpiType : std::int32_t {
  lathe_mpi_float,
  lathe_mpi_double,
  lathe_mpi_int64,
};

struct LatheMpiPlace {
  int rank;
  int size;
  int local_rank;
  int local_size;
};

/// Starts MPI; returns what is wrong, or null. Communicator 0 is all ranks.
const char* lathe_mpi_start(LatheMpiPlace* place);
/// The number of another communicator of all ranks.
int lathe_mpi_duplicate(int communicator);
void lathe_mpi_all_reduce(int communicator, void* values, std::int64_t count,
                          LatheMpiType type);
/// So many bytes of each rank.
void lathe_mpi_all_gather(int communicator, const void* own, void* all,
                          std::int64_t bytes);
void lathe_mpi_abort(int exit_code);
void lathe_mpi_finish();
}
