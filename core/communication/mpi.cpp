#include "core/communication/mpi.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/communication/mpi_functions.h"
#include "core/error.h"
#include "core/shared_library.h"

namespace lathe {
namespace {

struct Functions {
  Functions() {
    const std::filesystem::path program =
        std::filesystem::read_symlink("/proc/self/exe");
    // MPI opens parts of itself that look for its symbols.
    const SharedLibrary library(program.parent_path() / "liblathe_mpi.so",
                                SharedLibrary::Symbols::global);
    library.find(start, "lathe_mpi_start");
    library.find(duplicate, "lathe_mpi_duplicate");
    library.find(all_reduce, "lathe_mpi_all_reduce");
    library.find(all_gather, "lathe_mpi_all_gather");
    library.find(abort, "lathe_mpi_abort");
    library.find(finish, "lathe_mpi_finish");
  }

  decltype(&lathe_mpi_start) start;
  decltype(&lathe_mpi_duplicate) duplicate;
  decltype(&lathe_mpi_all_reduce) all_reduce;
  decltype(&lathe_mpi_all_gather) all_gather;
  decltype(&lathe_mpi_abort) abort;
  decltype(&lathe_mpi_finish) finish;
};

// MPI itself, which ends after the last communicator.
class Mpi {
 public:
  Mpi() {
    if (const char* wrong = functions.start(&place)) fail("mpi: ", wrong);
  }
  ~Mpi() { functions.finish(); }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;

  Functions functions;
  LatheMpiPlace place{};
};

class MpiCommunicator final : public Communicator {
 public:
  MpiCommunicator(std::shared_ptr<Mpi> mpi, int number)
      : mpi_(std::move(mpi)), number_(number) {}

  int rank() const override { return mpi_->place.rank; }
  int size() const override { return mpi_->place.size; }
  int local_rank() const override { return mpi_->place.local_rank; }
  int local_size() const override { return mpi_->place.local_size; }

  void all_reduce(std::span<float> values) override {
    reduce(values, lathe_mpi_float);
  }
  void all_reduce(std::span<double> values) override {
    reduce(values, lathe_mpi_double);
  }
  void all_reduce(std::span<std::int64_t> values) override {
    reduce(values, lathe_mpi_int64);
  }

  void all_gather(std::span<const std::byte> own,
                  std::span<std::byte> all) override {
    mpi_->functions.all_gather(number_, own.data(), all.data(),
                               static_cast<std::int64_t>(own.size()));
  }

  std::shared_ptr<Communicator> duplicate() override {
    return std::make_shared<MpiCommunicator>(
        mpi_, mpi_->functions.duplicate(number_));
  }

  [[noreturn]] void abort(int exit_code) override {
    mpi_->functions.abort(exit_code);
    std::_Exit(exit_code);
  }

 private:
  template <class T>
  void reduce(std::span<T> values, LatheMpiType type) {
    mpi_->functions.all_reduce(number_, values.data(),
                               static_cast<std::int64_t>(values.size()), type);
  }

  std::shared_ptr<Mpi> mpi_;
  int number_;
};

}  // namespace

int started_processes() {
  // Of Open MPI, of MPICH and its kin, of Slurm.
  for (const char* name :
       {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) return std::max(std::atoi(value), 1);
  }
  return 1;
}

std::shared_ptr<Communicator> start_mpi() {
  try {
    return std::make_shared<MpiCommunicator>(std::make_shared<Mpi>(), 0);
  } catch (const Error& error) {
    fail("started as one of ", started_processes(), " processes, but without ",
         "MPI (", error.what(), "); build where an MPI is installed");
  }
}

}  // namespace lathe
