// Images a second from a folder holding images/ and masks/ (or the folders
// given): the first epoch, which decodes, and later ones from memory.
//   benchmark_loader IMAGES MASKS

#include "train/data/loader.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "train/data/sample_cache.h"
#include "train/data/segmentation_folder.h"

namespace {

double images_per_second(const lathe::train::Dataset& data) {
  const auto start = std::chrono::steady_clock::now();
  lathe::train::Loader loader(data, {.batch_size = 16});
  lathe::train::Batch batch;
  std::int64_t images = 0;
  while (loader.next(batch)) images += batch.size;
  return static_cast<double>(images) /
         std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
             .count();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: benchmark_loader IMAGES MASKS\n");
    return 2;
  }
  double first = 0;
  double later = 0;
  for (int round = 0; round < 3; ++round) {
    const lathe::train::SampleCache data(
        std::make_shared<lathe::train::SegmentationFolder>(
            arguments[1], arguments[2],
            lathe::train::SegmentationFolderOptions{}),
        lathe::train::SampleCache::automatic_budget());
    first = std::max(first, images_per_second(data));
    for (int epoch = 0; epoch < 5; ++epoch) {
      later = std::max(later, images_per_second(data));
    }
  }
  std::printf("first epoch %.0f images/s, later %.0f images/s\n", first, later);
}
