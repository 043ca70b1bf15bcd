#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

namespace lathe::image {

/// Decodes a PNG of any kind to RGB of 8 bits, from top to bottom: 16 bits lose
/// their lower 8, alpha is dropped, grey and palettes become colours. Throws
/// Error for what is truncated or damaged.
class PngReader {
 public:
  /// `file` stands at its begin and is open as long as this is used; `name` is
  /// for errors.
  PngReader(std::FILE* file, std::string name);
  ~PngReader();
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  std::int64_t height() const;
  std::int64_t width() const;
  /// Whether it is stored in passes: its rows can't be read one by one.
  bool is_interlaced() const;
  /// Writes the next row, width() pixels.
  void read(std::span<std::uint8_t> row);
  /// Behind the last row: sees that the file ends as it should.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lathe::image
