// Images a second from a folder of images and one of masks, and the time a pair
// takes of one core: the first epoch, which decodes, and later ones from
// memory.
//   benchmark_loader IMAGES MASKS

#include "train/data/loader.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <limits>
#include <memory>

#include "train/data/sample_cache.h"
#include "train/data/segmentation_folder.h"

namespace {

// The best of several epochs.
struct Speed {
  double images_per_second = 0;
  /// Of one core, all threads together.
  double milliseconds = std::numeric_limits<double>::infinity();

  void measure(const lathe::train::Dataset& data) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t busy = std::clock();
    lathe::train::Loader loader(data, {.batch_size = 16});
    lathe::train::Batch batch;
    std::int64_t images = 0;
    while (loader.next(batch)) images += batch.size;
    const std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start;
    const auto count = static_cast<double>(images);
    images_per_second = std::max(images_per_second, count / passed.count());
    milliseconds = std::min(milliseconds,
                            1000.0 * static_cast<double>(std::clock() - busy) /
                                CLOCKS_PER_SEC / count);
  }
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: benchmark_loader IMAGES MASKS\n");
    return 2;
  }
  Speed first;
  Speed later;
  for (int round = 0; round < 3; ++round) {
    const lathe::train::SampleCache data(
        std::make_shared<lathe::train::SegmentationFolder>(
            arguments[1], arguments[2],
            lathe::train::SegmentationFolderOptions{}),
        lathe::train::SampleCache::automatic_budget());
    first.measure(data);
    for (int epoch = 0; epoch < 5; ++epoch) later.measure(data);
  }
  std::printf(
      "first epoch %.0f images/s, %.2f ms of a core each; later %.0f images/s, "
      "%.3f ms each\n",
      first.images_per_second, first.milliseconds, later.images_per_second,
      later.milliseconds);
}
