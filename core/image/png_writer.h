#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace lathe::image {

/// Writes a PNG of 8 bits from top to bottom, so that a picture of any size
/// takes the memory of a row.
class PngWriter {
 public:
  /// Extents in pixels; 1 channel is grey, 3 are RGB, 4 RGB and alpha. The file
  /// is there whole, with finish(), or not at all; an Error names it.
  PngWriter(const std::filesystem::path& path, std::int64_t height,
            std::int64_t width, std::int64_t channels);
  /// The same to the end of a text that lives as long as this.
  PngWriter(std::string& bytes, std::int64_t height, std::int64_t width,
            std::int64_t channels);
  ~PngWriter();
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  /// The next row: the channels of a pixel beside each other.
  void write(std::span<const std::uint8_t> row);
  /// Behind the last row.
  void finish();

 private:
  struct State;
  void begin(std::int64_t height, std::int64_t width, std::int64_t channels);

  std::unique_ptr<State> state_;
};

}  // namespace lathe::image
