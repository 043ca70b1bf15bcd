// Every kernel and training as a whole on a GPU. Without one it ends with 77,
// which is to skip it.
#include <gtest/gtest.h>

#include <cstdio>

#include "core/cuda/backend.h"
#include "core/error.h"

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  try {
    lathe::cuda::require_device();
  } catch (const lathe::Error& error) {
    std::printf("Skipped: %s\n", error.what());
    return 77;
  }
  return RUN_ALL_TESTS();
}
