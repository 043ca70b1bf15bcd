#include "core/communication/mpi_functions.h"

#define OMPI_SKIP_MPICXX
#define MPICH_SKIP_MPICXX
#include <mpi.h>

#include <algorithm>
#include <array>
#include <limits>

namespace {

constexpr int kMostCommunicators = 8;
std::array<MPI_Comm, kMostCommunicators> communicators{};
int known = 0;

// MPI counts with an int.
template <class F>
void in_pieces(std::int64_t count, F body) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  for (std::int64_t first = 0; first < count; first += kMost) {
    body(first, static_cast<int>(std::min(kMost, count - first)));
  }
}

}  // namespace

const char* lathe_mpi_start(LatheMpiPlace* place) {
  int threads = MPI_THREAD_SINGLE;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &threads);
  if (threads < MPI_THREAD_MULTIPLE) {
    return "this MPI was built without MPI_THREAD_MULTIPLE";
  }
  MPI_Comm_dup(MPI_COMM_WORLD, &communicators[0]);
  known = 1;
  MPI_Comm_rank(communicators[0], &place->rank);
  MPI_Comm_size(communicators[0], &place->size);
  MPI_Comm local = MPI_COMM_NULL;
  MPI_Comm_split_type(communicators[0], MPI_COMM_TYPE_SHARED, place->rank,
                      MPI_INFO_NULL, &local);
  MPI_Comm_rank(local, &place->local_rank);
  MPI_Comm_size(local, &place->local_size);
  MPI_Comm_free(&local);
  return nullptr;
}

int lathe_mpi_duplicate(int communicator) {
  if (known == kMostCommunicators) MPI_Abort(MPI_COMM_WORLD, 1);
  MPI_Comm_dup(communicators[communicator], &communicators[known]);
  return known++;
}

void lathe_mpi_all_reduce(int communicator, void* values, std::int64_t count,
                          LatheMpiType type) {
  const bool is_float = type == lathe_mpi_float;
  const MPI_Datatype datatype = is_float                   ? MPI_FLOAT
                                : type == lathe_mpi_double ? MPI_DOUBLE
                                                           : MPI_INT64_T;
  in_pieces(count, [&](std::int64_t first, int piece) {
    MPI_Allreduce(MPI_IN_PLACE,
                  static_cast<char*>(values) + first * (is_float ? 4 : 8),
                  piece, datatype, MPI_SUM, communicators[communicator]);
  });
}

void lathe_mpi_all_gather(int communicator, const void* own, void* all,
                          std::int64_t bytes) {
  // One value of all its bytes, for MPI counts with an int: pieces of 1 kB and
  // those that remain.
  constexpr std::int64_t kPiece = 1024;
  std::array<MPI_Datatype, 2> parts{MPI_DATATYPE_NULL, MPI_BYTE};
  MPI_Type_contiguous(kPiece, MPI_BYTE, parts.data());
  const std::array<int, 2> counts{static_cast<int>(bytes / kPiece),
                                  static_cast<int>(bytes % kPiece)};
  const std::array<MPI_Aint, 2> places{0, bytes / kPiece * kPiece};
  MPI_Datatype value = MPI_DATATYPE_NULL;
  MPI_Type_create_struct(2, counts.data(), places.data(), parts.data(), &value);
  MPI_Type_commit(&value);
  MPI_Allgather(own, 1, value, all, 1, value, communicators[communicator]);
  MPI_Type_free(&value);
  MPI_Type_free(parts.data());
}

void lathe_mpi_abort(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
}

void lathe_mpi_finish() {
  while (known > 0) MPI_Comm_free(&communicators[--known]);
  MPI_Finalize();
}
