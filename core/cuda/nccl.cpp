#include "core/cuda/nccl.h"

#include <nccl.h>

#include <map>
#include <vector>

#include "core/error.h"
#include "core/shared_library.h"

namespace lathe::cuda {
namespace {

// The functions of NCCL that are called; it is opened at run time.
struct Functions {
  Functions() {
    const SharedLibrary library("libnccl.so.2");
    library.find(error_string, "ncclGetErrorString");
    library.find(get_unique_id, "ncclGetUniqueId");
    library.find(init_rank, "ncclCommInitRank");
    library.find(group_start, "ncclGroupStart");
    library.find(group_end, "ncclGroupEnd");
    library.find(all_reduce, "ncclAllReduce");
  }

  decltype(&ncclGetErrorString) error_string;
  decltype(&ncclGetUniqueId) get_unique_id;
  decltype(&ncclCommInitRank) init_rank;
  decltype(&ncclGroupStart) group_start;
  decltype(&ncclGroupEnd) group_end;
  decltype(&ncclAllReduce) all_reduce;
};

const Functions& functions() {
  static const Functions functions;
  return functions;
}

void check(ncclResult_t status, std::string_view call) {
  if (status == ncclSuccess) return;
  fail(call, ": ", functions().error_string(status));
}

// They end with the process: at its exit the driver may be gone already.
ncclComm_t joined(Communicator& ranks) {
  static std::map<const Communicator*, ncclComm_t> known;
  const auto [found, is_new] = known.try_emplace(&ranks);
  if (is_new) {
    ncclUniqueId own{};
    if (ranks.rank() == 0) {
      check(functions().get_unique_id(&own), "ncclGetUniqueId");
    }
    std::vector<ncclUniqueId> all(static_cast<std::size_t>(ranks.size()));
    ranks.all_gather(std::as_bytes(std::span(&own, 1)),
                     std::as_writable_bytes(std::span(all)));
    check(functions().init_rank(&found->second, ranks.size(), all[0],
                                ranks.rank()),
          "ncclCommInitRank");
  }
  return found->second;
}

void sum(Communicator& ranks, void* values, std::size_t count,
         ncclDataType_t type, void* stream) {
  check(
      functions().all_reduce(values, values, count, type, ncclSum,
                             joined(ranks), static_cast<cudaStream_t>(stream)),
      "ncclAllReduce");
}

}  // namespace

void connect(Communicator& ranks) {
  joined(ranks);
}

void all_reduce(Communicator& ranks, std::span<const std::span<float>> values,
                void* stream) {
  check(functions().group_start(), "ncclGroupStart");
  for (const std::span<float> each : values) {
    sum(ranks, each.data(), each.size(), ncclFloat32, stream);
  }
  check(functions().group_end(), "ncclGroupEnd");
}

void all_reduce(Communicator& ranks, std::span<double> values, void* stream) {
  sum(ranks, values.data(), values.size(), ncclFloat64, stream);
}

}  // namespace lathe::cuda
