// Augmentation by itself, on arrays of the caller's: links lathe_augment only.

#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "augment/parse.h"

int main() {
  using namespace lathe;
  constexpr std::int64_t kHeight = 48;
  constexpr std::int64_t kWidth = 64;
  // Two images and their masks, N, H, W, C, in memory that lathe neither copies
  // nor owns. A single image, H, W, C, is a batch of one.
  std::vector<std::uint8_t> images(2 * kHeight * kWidth * 3, 100);
  std::vector<std::uint8_t> masks(2 * kHeight * kWidth, 1);
  std::vector<float> new_images(images.size());
  std::vector<std::uint8_t> new_masks(masks.size());
  const auto around = [](auto& values, std::int64_t channels, DType dtype) {
    return Tensor({{2, kHeight, kWidth, channels}, dtype}, values.data(),
                  nullptr);
  };
  const augment::Pipeline pipeline =
      augment::parse("flip=horizontal,rotation=0.1,brightness=0.2");
  constexpr std::array<std::uint32_t, 2> kIds{17, 18};
  pipeline.apply({.images = around(images, 3, DType::uint8),
                  .masks = around(masks, 1, DType::uint8)},
                 {.seed = 1, .epoch = 0, .sample_ids = kIds},
                 {.images = around(new_images, 3, DType::float32),
                  .masks = around(new_masks, 1, DType::uint8)});
  std::printf("%s%s\nfirst value %.3f, first class %d\n",
              pipeline.summary().c_str(), pipeline.replay(1, 0, 17).c_str(),
              static_cast<double>(new_images[0]), new_masks[0]);
}
