#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

namespace lathe::image {

/// Decodes a JPEG of any kind from top to bottom, as it is stored: who shows it
/// turns it as orientation() says. Throws Error for what is truncated or
/// damaged.
class JpegReader {
 public:
  /// Of bytes that are there as long as this is used; `name` is for errors.
  JpegReader(std::span<const std::uint8_t> bytes, std::string name);
  /// Of a file that is open as long as this is used.
  JpegReader(std::FILE* file, std::string name);
  ~JpegReader();
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  std::int64_t height() const;
  std::int64_t width() const;
  /// How EXIF says that the picture is to be turned, 1 to 8; 1 is not at all.
  int orientation() const;
  /// Whether the picture is stored in several parts, as progressive ones are:
  /// all of it is then in memory.
  bool has_several_scans() const;

  /// Begins to decode, to 3 channels or 1, in a `part`-th of the size: 1, 2, 4
  /// or 8. height() and width() are then rounded up.
  void start(std::int64_t channels, int part = 1);
  /// Writes the next row, width() pixels.
  void read(std::span<std::uint8_t> row);
  /// Behind the last row: sees that the file ends as it should.
  void finish();

 private:
  struct State;
  explicit JpegReader(std::string name);
  void read_header();

  std::unique_ptr<State> state_;
};

}  // namespace lathe::image
