#include "core/augmentation/histogram.h"
#include "core/cuda/jpeg.h"

// Pixels become planes, which blocks of 8x8 go through, and planes pixels.
namespace lathe::cuda {
namespace {

/// The plane that byte i of a sample's planes is in.
__device__ int jpeg_plane_of(const JpegPlanes& planes, std::int32_t i) {
  if (i < planes.start(1)) return 0;
  return i < planes.start(2) ? 1 : 2;
}

/// A byte of a plane, from the image; those beyond it repeat what is nearest.
__device__ std::int32_t jpeg_byte(const JpegTask& task, const float* image,
                                  int plane, std::int32_t y, std::int32_t x) {
  const JpegPlanes& planes = task.of_image;
  const float scale = 255.0F / (task.range.high - task.range.low);
  const auto at = [&](std::int32_t row, std::int32_t column) {
    const float* pixel =
        image + (clamp_index(row, planes.height) * planes.width +
                 clamp_index(column, planes.width)) *
                    planes.channels;
    const auto byte = [&](int c) -> std::int32_t {
      return to_byte(multiply_add(pixel[c], scale, -task.range.low * scale));
    };
    if (planes.channels == 1) return byte(0);
    const std::int32_t r = byte(0);
    const std::int32_t g = byte(1);
    const std::int32_t b = byte(2);
    return plane == 0   ? jpeg_brightness(r, g, b)
           : plane == 1 ? jpeg_blueness(r, g, b)
                        : jpeg_redness(r, g, b);
  };
  if (plane == 0) return at(y, x);
  const std::int32_t row = 2 * clamp_index(y, planes.plane_height(plane));
  return jpeg_halved(at(row, 2 * x) + at(row, 2 * x + 1) + at(row + 1, 2 * x) +
                         at(row + 1, 2 * x + 1),
                     x);
}

/// A thread a byte of the planes.
__global__ void __launch_bounds__(kThreads) jpeg_planes_kernel(JpegTask task) {
  const std::uint32_t sample = blockIdx.y;
  const auto i = static_cast<std::int32_t>(thread_index());
  if (i >= task.of_image.size() || task.quality(sample) == 0) return;
  const int plane = jpeg_plane_of(task.of_image, i);
  const std::int32_t in_plane = i - task.of_image.start(plane);
  const std::int32_t y = in_plane / task.of_image.stride(plane);
  const std::int32_t x = in_plane - y * task.of_image.stride(plane);
  task.plane(sample, plane)[in_plane] = static_cast<std::uint8_t>(
      jpeg_byte(task, task.image(sample), plane, y, x));
}

/// Eight threads a block of 8x8, as far as there are some.
__global__ void __launch_bounds__(kThreads) jpeg_blocks_kernel(JpegTask task) {
  struct Blocks {
    std::int32_t values[kThreads / 8][64];
  };
  const std::uint32_t sample = blockIdx.y;
  const int quality = task.quality(sample);
  if (quality == 0) return;
  const JpegPlanes& planes = task.of_image;
  auto* const values = shared_memory<Blocks>().values[threadIdx.x / 8];
  const auto line = static_cast<std::int32_t>(threadIdx.x % 8);
  const auto number = static_cast<std::int32_t>(thread_index() / 8);
  const bool is_there = number < planes.size() / 64;
  const int plane = is_there ? jpeg_plane_of(planes, number * 64) : 0;
  const std::int32_t in_plane = number - planes.start(plane) / 64;
  const std::int32_t across = planes.stride(plane) / 8;
  const std::int32_t down = in_plane / across;
  std::uint8_t* const row = task.plane(sample, plane) +
                            (down * 8 + line) * planes.stride(plane) +
                            (in_plane - down * across) * 8;
  if (is_there) {
    for (int i = 0; i < 8; ++i) values[line * 8 + i] = row[i] - 128;
    jpeg_transform<false>(values + line * 8, 1);
  }
  __syncthreads();
  if (is_there) {
    jpeg_transform<true>(values + line, 8);
    for (int i = 0; i < 8; ++i) {
      const std::int32_t at = i * 8 + line;
      const std::int32_t entry =
          plane == 0 ? jpeg_brightness_table(at) : jpeg_color_table(at);
      values[at] = jpeg_quantized(values[at], jpeg_divisor(entry, quality));
    }
    jpeg_transform_back<false>(values + line, 8);
  }
  __syncthreads();
  if (!is_there) return;
  jpeg_transform_back<true>(values + line * 8, 1);
  for (int i = 0; i < 8; ++i) {
    row[i] = static_cast<std::uint8_t>(jpeg_clamp(values[line * 8 + i] + 128));
  }
}

/// A plane of half the resolution at a pixel of the image. libjpeg repeats the
/// pixels of images too narrow for its filter.
__device__ std::int32_t jpeg_expanded(const JpegPlanes& planes,
                                      const std::uint8_t* plane, std::int32_t y,
                                      std::int32_t x) {
  constexpr std::int32_t kNarrow = 2;
  const std::int32_t stride = planes.stride(1);
  const std::int32_t width = planes.plane_width(1);
  const std::uint8_t* near = plane + y / 2 * stride;
  if (width <= kNarrow) return near[x / 2];
  const std::int32_t beside_y =
      clamp_index(y % 2 == 0 ? y / 2 - 1 : y / 2 + 1, planes.plane_height(1));
  const std::uint8_t* far = plane + beside_y * stride;
  const auto sum = [&](std::int32_t column) {
    const std::int32_t at = clamp_index(column, width);
    return jpeg_between(near[at], far[at]);
  };
  const bool is_second = x % 2 == 1;
  return jpeg_doubled(sum(x / 2), sum(is_second ? x / 2 + 1 : x / 2 - 1),
                      is_second);
}

/// A thread a pixel.
__global__ void __launch_bounds__(kThreads) jpeg_pixels_kernel(JpegTask task) {
  const std::uint32_t sample = blockIdx.y;
  const auto i = static_cast<std::int32_t>(thread_index());
  const JpegPlanes& planes = task.of_image;
  if (i >= planes.height * planes.width || task.quality(sample) == 0) return;
  const std::int32_t y = i / planes.width;
  const std::int32_t x = i - y * planes.width;
  const std::int32_t brightness =
      task.plane(sample, 0)[y * planes.stride(0) + x];
  float* const pixel = task.image(sample) + i * planes.channels;
  const auto value = [&](std::int32_t byte) {
    return of_byte(static_cast<float>(byte), task.range);
  };
  if (planes.channels == 1) {
    pixel[0] = value(brightness);
    return;
  }
  const std::int32_t blue =
      jpeg_expanded(planes, task.plane(sample, 1), y, x) - 128;
  const std::int32_t red =
      jpeg_expanded(planes, task.plane(sample, 2), y, x) - 128;
  pixel[0] = value(jpeg_red(brightness, red));
  pixel[1] = value(jpeg_green(brightness, blue, red));
  pixel[2] = value(jpeg_blue(brightness, blue));
}

}  // namespace

void run_jpeg(const KernelArguments& call, const JpegTask& task,
              unsigned samples) {
  const auto over = [&](std::int64_t threads) -> Grid {
    return {.blocks = dim3(static_cast<unsigned>(divide_up(threads, kThreads)),
                           samples)};
  };
  launch(call, over(task.of_image.size()), jpeg_planes_kernel, task);
  Grid blocks = over(task.of_image.size() / 8);
  blocks.shared_bytes = kThreads / 8 * 64 * sizeof(std::int32_t);
  launch(call, blocks, jpeg_blocks_kernel, task);
  launch(call, over(std::int64_t{task.of_image.height} * task.of_image.width),
         jpeg_pixels_kernel, task);
}

}  // namespace lathe::cuda
