#include <cuda_runtime.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <vector>

#include "core/cuda/launch.h"
#include "core/cuda/memory.h"
#include "core/cuda/warp.h"

// That the emulation does what a GPU does, and sees what goes wrong there.
namespace lathe::cuda {
namespace {

constexpr KernelArguments kNoArguments{};

void set_places(int* places) {
  const unsigned block =
      blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
  const unsigned thread =
      threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  places[block * blockDim.x * blockDim.y * blockDim.z + thread] +=
      static_cast<int>(block * 1000 + thread);
}

TEST(CudaEmulation, RunsEveryThreadOfEveryBlockOnce) {
  std::vector<int> places(2 * 3 * 4 * 5 * 6 * 7);
  launch(kNoArguments, {.blocks = {2, 3, 4}, .threads = {5, 6, 7}}, set_places,
         places.data());
  for (std::size_t i = 0; i < places.size(); ++i) {
    EXPECT_EQ(places[i], static_cast<int>(i / 210 * 1000 + i % 210));
  }
}

void reverse(int* values) {
  int* scratch = &shared_memory<int>();
  scratch[threadIdx.x] = values[threadIdx.x];
  __syncthreads();
  values[threadIdx.x] = scratch[blockDim.x - 1 - threadIdx.x];
}

TEST(CudaEmulation, WaitsAtBarriers) {
  std::vector<int> values(100);
  for (int i = 0; i < 100; ++i) values[static_cast<std::size_t>(i)] = i;
  launch(kNoArguments,
         {.blocks = 1, .threads = 100, .shared_bytes = 100 * sizeof(int)},
         reverse, values.data());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(values[static_cast<std::size_t>(i)], 99 - i);
  }
}

void use_warps(int* sums, unsigned* ballots, int* shifted) {
  const int own = static_cast<int>(threadIdx.x);
  sums[own] = warp_reduce(own, Plus{}, 16);
  ballots[own] = __ballot_sync(kAllLanes, own % 3 == 0);
  shifted[own] = __shfl_down_sync(kAllLanes, own, 3) * 10000 +
                 __shfl_up_sync(kAllLanes, own, 5, 8) * 100 +
                 __shfl_sync(kAllLanes, own, 2);
}

TEST(CudaEmulation, ShufflesAndVotesInWarps) {
  std::vector<int> sums(64);
  std::vector<unsigned> ballots(64);
  std::vector<int> shifted(64);
  launch(kNoArguments, {.blocks = 1, .threads = 64}, use_warps, sums.data(),
         ballots.data(), shifted.data());
  for (int i = 0; i < 64; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const int group = i / 16 * 16;
    EXPECT_EQ(sums[at], 16 * group + 120);
    for (int lane = 0; lane < 32; ++lane) {
      EXPECT_EQ(ballots[at] >> lane & 1, (i / 32 * 32 + lane) % 3 == 0);
    }
    EXPECT_EQ(shifted[at], (i % 32 + 3 < 32 ? i + 3 : i) * 10000 +
                               (i % 8 >= 5 ? i - 5 : i) * 100 + i / 32 * 32 +
                               2);
  }
}

void sum_block(float* sums) {
  auto* scratch = &shared_memory<float>();
  const float sum =
      block_reduce(static_cast<float>(threadIdx.x), Plus{}, scratch);
  const float again = block_reduce(sum, Larger{}, scratch);
  sums[blockIdx.x * kThreads + threadIdx.x] = again;
}

TEST(CudaEmulation, ReducesBlocks) {
  std::vector<float> sums(2 * kThreads);
  launch(kNoArguments, {.blocks = 2, .shared_bytes = 8 * sizeof(float)},
         sum_block, sums.data());
  for (const float sum : sums) EXPECT_EQ(sum, 255 * 128);
}

void count(int* counter) {
  atomicAdd(counter, 1);
}

TEST(CudaEmulation, AddsAtomically) {
  int counter = 0;
  launch(kNoArguments, {.blocks = 3, .threads = 50}, count, &counter);
  EXPECT_EQ(counter, 150);
}

// What a launch says went wrong.
template <class... Parameters, class... Arguments>
std::string error_of(const Grid& grid, void (*kernel)(Parameters...),
                     Arguments... arguments) {
  try {
    launch(kNoArguments, grid, kernel, arguments...);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "none";
}

// The same of one block.
template <class... Parameters, class... Arguments>
std::string error_of(unsigned threads, std::size_t shared_bytes,
                     void (*kernel)(Parameters...), Arguments... arguments) {
  return error_of(
      {.blocks = 1, .threads = threads, .shared_bytes = shared_bytes}, kernel,
      arguments...);
}

void wait_in_part() {
  if (threadIdx.x != 7) __syncthreads();
}

void shuffle_in_part(int* result) {
  if (threadIdx.x < 16) *result = __shfl_sync(kAllLanes, 1, 0);
}

void read_outside_mask(int* result) {
  if (threadIdx.x < 16) *result = __shfl_sync(0xFFFF, 1, 20);
}

void write_beyond_shared() {
  (&shared_memory<float>())[threadIdx.x + 1] = 1;
}

void start_early(bool all_wait) {
  if (all_wait || threadIdx.x != 5) wait_for_earlier_kernels();
}

TEST(CudaEmulation, RefusesWhatGoesWrong) {
  const auto expect = [](const std::string& error, const char* part) {
    EXPECT_NE(error.find(part), std::string::npos) << error;
  };
  int result = 0;
  expect(error_of(32, 0, wait_in_part), "thread 0 in __syncthreads");
  expect(error_of(32, 0, shuffle_in_part, &result), "in __shfl_sync");
  expect(error_of(32, 0, read_outside_mask, &result), "not in its mask");
  expect(error_of(20, 0, shuffle_in_part, &result), "does not have");
  expect(error_of(32, 32 * sizeof(float), write_beyond_shared),
         "beyond its shared memory");
  expect(error_of(1025, 0, count, &result), "invalid configuration");
  expect(error_of(32, 0, count, &result), "none");
  const Grid early{.blocks = 2, .threads = 32, .starts_early = true};
  expect(error_of(early, start_early, false), "does not wait for earlier");
  expect(error_of(early, start_early, true), "none");
}

TEST(CudaEmulation, ClosesTheDevicesMemoryToTheHost) {
  const auto memory = device_memory(16);
  int ends[2]{};
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(write(ends[1], memory.get(), 1), -1);
  EXPECT_EQ(errno, EFAULT);
  {
    const cuda_emulation::DeviceAccess access;
    EXPECT_EQ(write(ends[1], memory.get(), 1), 1);
  }
  EXPECT_EQ(write(ends[1], memory.get(), 1), -1);
  close(ends[0]);
  close(ends[1]);
}

TEST(CudaEmulation, RefusesTheHostsMemoryInAStream) {
  int host = 0;
  const auto memory = device_memory(sizeof(int));
  auto* const device = static_cast<int*>(memory.get());
  const KernelArguments call{.stream = stream()};
  EXPECT_THROW(launch(call, {.blocks = 1, .threads = 1}, set_places, &host),
               std::logic_error);
  upload(device, &host, sizeof(host));
  launch(call, {.blocks = 1, .threads = 1}, set_places, device);
  download(&host, device, sizeof(host));
  EXPECT_EQ(host, 0);
  EXPECT_THROW(upload(&host, &host, sizeof(host)), std::logic_error);
}

void race(int* values) {
  int* scratch = &shared_memory<int>();
  scratch[threadIdx.x] = 1;
  values[threadIdx.x] = scratch[(threadIdx.x + 1) % blockDim.x];
}

TEST(CudaEmulation, OrdersOfThreadsShowRaces) {
  std::vector<int> ascending(32);
  std::vector<int> descending(32);
  const Grid grid{.blocks = 1, .threads = 32, .shared_bytes = 32 * sizeof(int)};
  launch(kNoArguments, grid, race, ascending.data());
  cuda_emulation::set_order(cuda_emulation::Order::descending);
  launch(kNoArguments, grid, race, descending.data());
  cuda_emulation::set_order(cuda_emulation::Order::ascending);
  EXPECT_NE(ascending, descending);
}

}  // namespace
}  // namespace lathe::cuda
