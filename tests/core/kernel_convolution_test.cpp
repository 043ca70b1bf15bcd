#include <gtest/gtest.h>

#include "tests/core/convolution_check.h"

namespace lathe::testing {
namespace {

using Cases = std::vector<ConvolutionCase>;

TEST(KernelConvolution, AgreesWithTheReference) {
  const Cases cases{
      {{2, 9, 8, 16}, window({3, 3}, {}, kOne), 32},
      {{1, 7, 11, 5}, window({3, 3}, {}, kOne), 7},
      {{2, 12, 12, 3}, window({3, 3}, {2, 2}, kAfter), 32},
      {{3, 8, 6, 24}, window({1, 1}), 40},
      {{2, 9, 9, 20}, window({1, 1}, {2, 2}), 33},
      {{1, 10, 13, 6}, window({5, 3}, {2, 3}, {.top = 2, .left = 1}), 9},
      {{2, 11, 9, 8}, window({3, 3}, {}, kTwo, {2, 2}), 16},
      {{1, 12, 14, 7}, window({3, 2}, {2, 1}, {.bottom = 3}, {2, 3}), 5},
      {{2, 8, 8, 32}, window({4, 4}, {2, 2}, kOne), 16},
      {{1, 1, 1, 19}, window({1, 1}), 6},
      // Rows and columns at the end that no window reaches.
      {{2, 8, 9, 16}, window({2, 2}, {3, 4}), 16}};
  for (const auto& entry : cases) check_all_directions(entry);
}

TEST(KernelConvolution, KeepsGroupsApart) {
  const Cases cases{{{2, 7, 8, 32}, window({3, 3}, {}, kOne), 32, 2},
                    {{1, 9, 7, 12}, window({3, 3}, {2, 2}, kAfter), 18, 3},
                    {{2, 6, 6, 10}, window({1, 1}), 15, 5}};
  for (const auto& entry : cases) check_all_directions(entry);
}

TEST(KernelConvolution, FiltersChannelByChannel) {
  const Cases cases{
      {{2, 9, 8, 32}, window({3, 3}, {}, kOne), 32, 32},
      {{1, 8, 10, 19}, window({3, 3}, {2, 2}, kAfter), 19, 19},
      {{2, 14, 14, 40}, window({5, 5}, {}, kTwo), 40, 40},
      {{3, 12, 11, 70}, window({5, 5}, {2, 2}, kTwo), 70, 70},
      {{2, 4, 3, 16}, window({5, 5}, {}, kTwo), 16, 16},
      {{35, 6, 5, 9}, window({3, 7}, {1, 2}, {.left = 5, .right = 3}), 9, 9},
      {{2, 15, 16, 130}, window({2, 4}, {2, 3}, kOne, {3, 2}), 130, 130},
      // Several tiles of a row, whole ones and a last one cut.
      {{2, 7, 23, 21}, window({3, 3}, {}, kOne), 21, 21},
      {{1, 16, 30, 37}, window({3, 3}, {2, 2}, kAfter), 37, 37},
      {{2, 9, 31, 11},
       window({5, 5}, {2, 2}, {.top = 1, .bottom = 2, .left = 1, .right = 2}),
       11,
       11},
      {{1, 8, 16, 3}, window({3, 3}, {2, 2}, {.left = 1}), 3, 3},
      // Whole vectors of channels in every kind of window.
      {{2, 9, 13, 8}, window({3, 3}, {2, 2}, kAfter), 8, 8},
      {{1, 10, 11, 12},
       window({5, 5}, {2, 2}, {.top = 1, .bottom = 2, .left = 1, .right = 2}),
       12,
       12},
      {{2, 8, 9, 8}, window({3, 3}, {2, 1}, kOne, {1, 2}), 8, 8},
      {{1, 7, 6, 4}, window({2, 3}, {1, 2}, {.left = 1}), 8, 4},
      // More rows than a strip has.
      {{2, 35, 6, 8}, window({3, 3}, {}, kOne), 8, 8},
      {{1, 33, 5, 4},
       window({5, 5}, {}, {.top = 3, .bottom = 1, .right = 2}),
       4,
       4},
      // More channels than are computed in turn.
      {{1, 7, 9, 300}, window({5, 5}, {}, kTwo), 300, 300},
      // Windows that miss the image.
      {{1, 6, 20, 8},
       window({5, 5}, {}, {.top = 6, .bottom = 1, .left = 7, .right = 5}),
       8,
       8},
      {{2, 8, 7, 6}, window({3, 3}, {}, kOne), 12, 6},
      {{1, 9, 9, 5}, window({5, 5}, {2, 2}, kTwo), 15, 5}};
  for (const auto& entry : cases) {
    check_all_directions(entry,
                         {entry.window.kernel.height, entry.window.kernel.width,
                          entry.groups, entry.filters / entry.groups});
  }
}

TEST(KernelConvolution, ComputesFewFilters) {
  const Cases cases{
      {{2, 9, 21, 32}, window({3, 3}, {}, kOne), 1},
      {{2, 9, 21, 32}, window({3, 3}, {}, kOne), 2},
      {{2, 9, 21, 32}, window({3, 3}, {}, kOne), 3},
      {{2, 9, 21, 32}, window({3, 3}, {}, kOne), 4},
      {{1, 6, 5, 7}, window({1, 1}), 1},
      {{3, 11, 10, 21}, window({3, 5}, {2, 1}, kTwo, {2, 1}), 1},
      {{1, 12, 37, 5}, window({5, 4}, {1, 3}, kTwo), 3},
      // Every window is wider than the image, and some miss it.
      {{2, 5, 2, 18}, window({3, 5}, {1, 1}, {.left = 6, .right = 7}), 2},
      {{70, 2, 3, 3}, window({2, 2}), 4},
      {{16, 1, 1, 96}, window({1, 1}), 4},
      // Channels in no whole vectors, and more than a warp has lanes.
      {{1, 10, 9, 7}, window({3, 3}, {}, kOne), 1},
      {{1, 5, 6, 21}, window({3, 3}, {}, {.top = 2, .left = 1}), 3},
      {{1, 6, 7, 64}, window({3, 3}, {}, kOne), 1},
      {{1, 4, 5, 40}, window({3, 3}, {}, kOne), 4},
      {{1, 4, 5, 38}, window({3, 3}, {}, kOne), 1},
      // Several rounds of blocks, images smaller than a window, and windows
      // that miss them.
      {{70, 3, 5, 3}, window({3, 3}, {}, kOne), 4},
      {{3, 1, 1, 8}, window({3, 3}, {}, kOne), 1},
      {{2, 2, 3, 12},
       window({3, 3}, {}, {.top = 6, .bottom = 1, .left = 7, .right = 5}),
       2},
      {{1, 8, 9, 16}, window({3, 3}, {}, kTwo, {2, 2}), 1}};
  for (const auto& entry : cases) check_all_directions(entry);
}

TEST(KernelConvolution, TakesFewChannels) {
  const Cases cases{
      {{2, 19, 37, 3}, window({3, 3}, {2, 2}, kAfter), 32},
      {{1, 18, 17, 3}, window({3, 3}, {}, kOne), 16},
      {{2, 9, 8, 1}, window({3, 3}, {}, kOne), 8},
      {{1, 7, 20, 2}, window({3, 3}, {1, 2}, {.left = 2}), 24},
      {{1, 20, 9, 4}, window({3, 3}, {2, 1}, kOne), 64},
      {{1, 7, 8, 3}, window({3, 3}, {}, kOne), 72},
      {{1, 7, 8, 3}, window({3, 3}, {2, 3}, kOne), 8},
      // Several rounds of blocks, images smaller than a window, and windows
      // that miss them.
      {{260, 1, 2, 3}, window({3, 3}, {}, kOne), 8},
      {{1, 4, 3, 3},
       window({3, 3}, {2, 2}, {.top = 6, .bottom = 1, .left = 7, .right = 36}),
       8},
      // What enlarging by two makes of windows of 3x3, and its neighbours.
      {{2, 38, 40, 1}, window({4, 4}, {2, 2}, kOne), 32},
      {{1, 34, 14, 3}, window({4, 4}, {2, 2}, kOne), 64},
      {{2, 9, 8, 2}, window({4, 4}, {2, 2}, kAfter), 24},
      {{1, 19, 36, 4}, window({4, 4}, {2, 2}, {.top = 3, .right = 2}), 8},
      {{1, 8, 9, 3}, window({4, 4}, {1, 2}, kOne), 16},
      {{3, 2, 3, 1}, window({4, 4}, {2, 2}, kTwo), 8},
      {{1, 5, 4, 2},
       window({4, 4}, {2, 2}, {.top = 6, .bottom = 1, .left = 7, .right = 36}),
       16}};
  for (const auto& entry : cases) check_all_directions(entry);
}

TEST(KernelConvolution, EndsInAnActivationOrASum) {
  const Cases cases{{{2, 7, 6, 16}, window({3, 3}, {}, kOne), 24},
                    {{1, 5, 7, 3}, window({3, 3}, {2, 2}, kAfter), 10},
                    {{2, 6, 5, 24}, window({1, 1}), 40},
                    {{1, 8, 8, 16}, window({4, 4}, {2, 2}, kOne), 24},
                    {{1, 5, 7, 3}, window({3, 3}, {2, 2}, kAfter), 16},
                    {{1, 8, 6, 3}, window({4, 4}, {2, 2}, kOne), 16},
                    {{1, 9, 7, 5}, window({3, 3}, {}, kOne), 2},
                    {{1, 9, 7, 8}, window({3, 3}, {}, kOne), 1},
                    {{1, 9, 8, 19}, window({5, 5}, {}, kTwo), 19, 19},
                    {{1, 8, 7, 8}, window({3, 3}, {2, 2}, kAfter), 8, 8}};
  for (const auto& entry : cases) check_epilogues(entry);
}

}  // namespace
}  // namespace lathe::testing
