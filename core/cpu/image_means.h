// The means of images over their pixels, by kernels that have a row of one in a
// cache. Compiled once a target, as core/cpu/simd.h is.
#if defined(LATHE_CORE_CPU_IMAGE_MEANS_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef LATHE_CORE_CPU_IMAGE_MEANS_H_
#undef LATHE_CORE_CPU_IMAGE_MEANS_H_
#else
#define LATHE_CORE_CPU_IMAGE_MEANS_H_
#endif

#include "core/cpu/simd.h"
#include "core/cpu/workspace.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {

class ImageMeans {
 public:
  ImageMeans(const Shape& images, WorkspaceLayout& workspace)
      : images_(images),
        sums_(workspace.add<float>(images[0] * images[1] * images[3])) {}

  /// Row `row` of all images' rows one after another.
  template <class T>
  void add_row(void* workspace, std::int64_t row, const T* y) const {
    const std::int64_t width = images_[2];
    const std::int64_t channels = images_[3];
    float* sums = sums_.in(workspace) + row * channels;
    for_vectors(0, channels, [=](auto lanes, std::int64_t c) HWY_ATTR {
      const T* pixel = y + c;
      std::int64_t p = 0;
      Vector some[4] = {all(0), all(0), all(0), all(0)};
      for (; p + 4 <= width; p += 4) {
        for (Vector& sum : some) {
          sum = hn::Add(sum, lanes.load(pixel));
          pixel += channels;
        }
      }
      Vector sum =
          hn::Add(hn::Add(some[0], some[1]), hn::Add(some[2], some[3]));
      for (; p < width; ++p) {
        sum = hn::Add(sum, lanes.load(pixel));
        pixel += channels;
      }
      lanes.store(sum, sums + c);
    });
  }

  /// After all rows.
  void finish(void* workspace, float* means) const {
    const std::int64_t height = images_[1];
    const std::int64_t channels = images_[3];
    const float* sums = sums_.in(workspace);
    const auto share =
        static_cast<float>(1 / static_cast<double>(std::max<std::int64_t>(
                                   height * images_[2], 1)));
    parallel_tasks(images_[0], [=](std::int64_t n) {
      for_vectors(0, channels, [=](auto lanes, std::int64_t c) HWY_ATTR {
        Vector sum = all(0);
        for (std::int64_t row = n * height; row < (n + 1) * height; ++row) {
          sum = hn::Add(sum, lanes.load(sums + row * channels + c));
        }
        lanes.store(hn::Mul(sum, all(share)), means + n * channels + c);
      });
    });
  }

 private:
  Shape images_;
  WorkspaceArray<float> sums_;
};

}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
