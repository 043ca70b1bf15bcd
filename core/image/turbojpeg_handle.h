#pragma once

#include <turbojpeg.h>

#include <memory>

namespace lathe::image {

struct TurboJpegCloser {
  void operator()(void* handle) const { tjDestroy(handle); }
};

/// Owns a compressor or decompressor of libjpeg-turbo.
using TurboJpegHandle = std::unique_ptr<void, TurboJpegCloser>;

}  // namespace lathe::image
