#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace lathe::image {

/// A photograph that is read from top to bottom.
class RowReader {
 public:
  virtual ~RowReader() = default;
  /// Extents in pixels.
  virtual std::int64_t height() const = 0;
  virtual std::int64_t width() const = 0;
  /// Writes the next row, width() pixels of RGB. Throws Error naming the file
  /// where it is truncated or damaged; with the last row, where anything is
  /// missing behind it.
  virtual void read(std::span<std::uint8_t> row) = 0;
};

/// Opens what read_image reads and gives the same pixels. A JPEG or PNG of up
/// to 65535 pixels a side takes little memory; but JPEGs that are progressive
/// or that EXIF turns, interlaced PNGs, BMPs and GIFs are read in one piece,
/// and must not have over 2^28 pixels.
std::unique_ptr<RowReader> read_rows(const std::filesystem::path& path);

}  // namespace lathe::image
