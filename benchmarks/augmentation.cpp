// Images a second of augmentation pipelines: batches of 16 images (uint8, 3
// channels) and masks, 224 pixels a side unless told otherwise, to float32.
// usage: benchmark_augmentation [SIZE [PART OF A CASE'S NAME]]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <vector>

#include "augment/parse.h"
#include "core/parallel.h"
#include "core/philox.h"

namespace {

using lathe::DType;
using lathe::Tensor;
namespace augment = lathe::augment;

constexpr std::int64_t kSamples = 16;

Tensor bytes(const lathe::Shape& shape, std::uint32_t values) {
  lathe::Philox random({});
  Tensor tensor(shape, DType::uint8);
  for (std::uint8_t& value : tensor.values<std::uint8_t>()) {
    value = static_cast<std::uint8_t>(random.below(values));
  }
  return tensor;
}

struct Case {
  const char* name;
  const char* pipeline;
  augment::Fusion fusion = augment::Fusion::single;
};

constexpr Case kCases[] = {
    {"scaling alone", "none"},
    {"flip", "flip"},
    {"rotation", "rotation"},
    {"zoom", "zoom"},
    {"translation", "translation"},
    {"flip, rotation, zoom", "flip,rotation=0.1,zoom=0.2"},
    {"the same, constant fill",
     "flip,rotation(factor=0.1,fill_mode=constant),"
     "zoom(height_factor=0.2,fill_mode=constant)"},
    {"the same, one by one", "flip,rotation=0.1,zoom=0.2",
     augment::Fusion::exact},
    {"rotation, bicubic", "rotation(factor=0.1,interpolation=bicubic)"},
    {"affine", "affine"},
    {"perspective", "perspective"},
    {"elastic", "elastic=0.01"},
    {"grid distortion", "grid_distortion"},
    {"optical distortion", "optical_distortion"},
    {"rotation, blur, zoom", "rotation,gaussian_blur,zoom"},
    {"flip, rotation, erasing", "flip,rotation,erasing(p=1)"},
    {"brightness", "brightness"},
    {"contrast", "contrast"},
    {"saturation", "saturation"},
    {"hue", "hue"},
    {"colour jitter",
     "color_jitter(brightness=0.2,contrast=0.2,saturation=0.2,hue=0.05)"},
    {"grayscale", "grayscale=1"},
    {"colour degeneration", "color_degeneration"},
    {"gamma", "gamma"},
    {"invert", "invert=1"},
    {"solarize", "solarize"},
    {"posterize", "posterize=4"},
    {"channel shuffle", "channel_shuffle=1"},
    {"autocontrast", "autocontrast=1"},
    {"equalize", "equalize=1"},
    {"CLAHE", "clahe"},
    {"sharpness", "sharpness"},
    {"Gaussian blur, 7x7", "gaussian_blur"},
    {"motion blur, 7 pixels", "motion_blur=7"},
    {"Gaussian noise", "gaussian_noise=0.1"},
    {"salt and pepper", "salt_and_pepper"},
    {"JPEG", "jpeg=60"},
    {"erasing", "erasing(p=1)"},
    {"erasing with noise", "erasing(noise=true,p=1)"},
    {"cutout", "cutout"},
    {"grid mask", "grid_mask"},
};

/// The best of five runs of half a second.
double images_per_second(const augment::Pipeline& pipeline,
                         const augment::Targets& input,
                         const augment::Output& output) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::uint32_t> ids(kSamples);
  std::iota(ids.begin(), ids.end(), 0U);
  augment::Workspace workspace;
  double best = 0;
  std::uint32_t epoch = 0;
  for (int run = 0; run < 5; ++run) {
    const auto start = Clock::now();
    std::int64_t images = 0;
    double seconds = 0;
    while (seconds < 0.5) {
      pipeline.apply(input, {.seed = 1, .epoch = epoch++, .sample_ids = ids},
                     output, workspace);
      images += kSamples;
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    }
    best = std::max(best, static_cast<double>(images) / seconds);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t size = argc > 1 ? std::atoll(argv[1]) : 224;
  const augment::Targets input{.images = bytes({kSamples, size, size, 3}, 256),
                               .masks = bytes({kSamples, size, size, 1}, 2)};
  const augment::Output output{
      .images = Tensor({kSamples, size, size, 3}),
      .masks = Tensor({kSamples, size, size, 1}, DType::uint8)};
  const int threads = lathe::thread_count();
  std::printf("batch %lld, %lld x %lld, images/s (milliseconds a batch)\n",
              static_cast<long long>(kSamples), static_cast<long long>(size),
              static_cast<long long>(size));
  std::printf("%-26s %24s %18s %2d threads\n", "", "1 thread, image alone",
              "image and mask", threads);
  for (const Case& each : kCases) {
    if (argc > 2 && std::strstr(each.name, argv[2]) == nullptr) continue;
    const augment::Pipeline pipeline =
        augment::parse(each.pipeline, {.fusion = each.fusion});
    lathe::set_thread_count(1);
    const double alone =
        images_per_second(pipeline, {.images = input.images, .masks = {}},
                          {.images = output.images, .masks = {}});
    const double both = images_per_second(pipeline, input, output);
    lathe::set_thread_count(threads);
    const double all = images_per_second(pipeline, input, output);
    std::printf("%-26s %15.0f (%5.2f) %9.0f (%5.2f) %8.0f (%5.2f)\n", each.name,
                alone, 1000 * kSamples / alone, both, 1000 * kSamples / both,
                all, 1000 * kSamples / all);
  }
}
