// What lathe_info says, and what programs say where there is no GPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "tests/apps/run_app.h"

namespace lathe {
namespace {

using testing::expect_mentions;
using testing::Result;
using testing::run;

TEST(Info, SaysWhatThereIs) {
  const Result result = run("lathe_info");
  expect_mentions(result, 0,
                  {"lathe", "processor", "threads, vectors ", "oneDNN", "HDF5 ",
                   "libjpeg-turbo", "CUDA"});
  if (result.output.find("kernels for") == std::string::npos) {
    expect_mentions(result, 0, {"CUDA           not in this build"});
  } else {
    expect_mentions(result, 0, {"driver", "cuDNN", "cuBLASLt", "NCCL", "GPU"});
  }
}

TEST(Info, TakesNoOptions) {
  expect_mentions(run("lathe_info --help"), 0, {"takes no options"});
  expect_mentions(run("lathe_info all"), 2, {"takes no options"});
}

TEST(NoDevice, IsSaidInALine) {
  setenv("CUDA_VISIBLE_DEVICES", "", 1);
  for (const char* const command :
       {"train_classifier --device cuda --limit 32",
        "train_segmentation --device cuda --data .", "lathe_info"}) {
    const Result result = run(command);
    if (std::string_view(command) == "lathe_info") {
      EXPECT_EQ(result.output.find("GPU 0"), std::string::npos);
      continue;
    }
    expect_mentions(result, 1, {"device: ", "; use cpu"});
    EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 1)
        << result.output;
  }
  unsetenv("CUDA_VISIBLE_DEVICES");
}

}  // namespace
}  // namespace lathe
