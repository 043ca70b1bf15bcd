// write_scenes COUNT IMAGES MASKS: generated photographs and their masks.

#include <cstdlib>
#include <filesystem>

#include "core/error.h"
#include "core/image/write_image.h"
#include "train/data/scenes.h"

int main(int count, char** arguments) {
  using namespace lathe;
  if (count != 4) return 2;
  const std::filesystem::path images = arguments[2];
  const std::filesystem::path masks = arguments[3];
  std::filesystem::create_directories(images);
  std::filesystem::create_directories(masks);
  const auto scenes = static_cast<std::uint32_t>(std::atoi(arguments[1]));
  for (std::uint32_t i = 0; i < scenes; ++i) {
    const Tensor image({72, 96, 3}, DType::uint8);
    const Tensor mask({72, 96, 1}, DType::uint8);
    train::draw_scene(1, i, image, mask);
    for (std::uint8_t& value : mask.values<std::uint8_t>()) value *= 255;
    image::write_jpeg(images / concat("scene_", i, ".jpg"), image, 95);
    image::write_png(masks / concat("scene_", i, ".png"), mask);
  }
}
