#include "core/image/recompress.h"

#include <vector>

#include "core/error.h"
#include "core/image/turbojpeg_handle.h"

namespace lathe::image {
namespace {

// What a thread keeps between images.
struct Codec {
  TurboJpegHandle compressor{tjInitCompress()};
  TurboJpegHandle decompressor{tjInitDecompress()};
  std::vector<std::uint8_t> file;
};

}  // namespace

void recompress_jpeg(std::span<std::uint8_t> pixels, const ByteImageSize& size,
                     int quality) {
  thread_local Codec codec;
  const auto width = static_cast<int>(size.width);
  const auto height = static_cast<int>(size.height);
  const int format = size.channels == 1 ? TJPF_GRAY : TJPF_RGB;
  const int sampling = size.channels == 1 ? TJSAMP_GRAY : TJSAMP_420;
  const auto most =
      static_cast<std::size_t>(tjBufSize(width, height, sampling));
  if (codec.file.size() < most) codec.file.resize(most);
  unsigned char* file = codec.file.data();
  auto bytes = static_cast<unsigned long>(codec.file.size());
  if (tjCompress2(codec.compressor.get(), pixels.data(), width, 0, height,
                  format, &file, &bytes, sampling, quality,
                  TJFLAG_NOREALLOC | TJFLAG_ACCURATEDCT) != 0) {
    fail("jpeg: ", tjGetErrorStr2(codec.compressor.get()));
  }
  if (tjDecompress2(codec.decompressor.get(), file, bytes, pixels.data(), width,
                    0, height, format, 0) != 0) {
    fail("jpeg: ", tjGetErrorStr2(codec.decompressor.get()));
  }
}

}  // namespace lathe::image
