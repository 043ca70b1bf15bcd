#include "apps/processes.h"

#include <gtest/gtest.h>

namespace lathe::apps {
namespace {

TEST(Processes, HaveAGpuEach) {
  EXPECT_EQ(gpus_of(nullptr, 0), "0");
  EXPECT_EQ(gpus_of(nullptr, 3), "3");
  EXPECT_EQ(gpus_of("4,6,GPU-8", 1), "6");
  EXPECT_EQ(gpus_of("4,6,GPU-8", 2), "GPU-8");
}

TEST(Processes, KeepTheGpusThatALauncherGave) {
  EXPECT_EQ(gpus_of("5", 1), "5");
  EXPECT_EQ(gpus_of("", 1), "") << "none was asked for";
  EXPECT_EQ(gpus_of("4,6", 2), "4,6") << "NCCL says that there are too few";
}

}  // namespace
}  // namespace lathe::apps
