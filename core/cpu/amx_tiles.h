#pragma once

// A processor's tiles (AMX): eight registers of up to 16 rows of 64 bytes,
// which are multiplied as matrices. LATHE_AMX is defined where the compiler
// knows them, and is what a function that uses them is compiled for.
#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <array>
#include <cstdint>

#define LATHE_AMX \
  __attribute__(( \
      target("amx-tile,amx-bf16,amx-int8,avx512f,avx512bw,avx512bf16")))

namespace lathe::cpu {

/// Rows of a tile, and columns of a tile of float32.
inline constexpr std::int64_t kTile = 16;

/// What the tiles hold: for each so many rows of so many bytes.
class TileShapes {
 public:
  void set(std::size_t tile, std::int64_t rows, std::int64_t bytes) {
    rows_[tile] = static_cast<std::uint8_t>(rows);
    row_bytes_[tile] = static_cast<std::uint16_t>(bytes);
  }
  bool empty() const { return palette_ == 0; }

 private:
  // As the processor reads them, 64 bytes.
  alignas(64) std::uint8_t palette_ = 1;
  [[maybe_unused]] std::uint8_t start_row_ = 0;
  [[maybe_unused]] std::array<std::uint8_t, 14> reserved_{};
  std::array<std::uint16_t, 16> row_bytes_{};
  std::array<std::uint8_t, 16> rows_{};
};

/// The calling thread's tiles of such shapes while it lives; then they are as
/// they were, for whoever had them may think that they still are.
class WithTiles {
 public:
  explicit WithTiles(const TileShapes& shapes) {
    asm volatile("sttilecfg %0" : "=m"(before_));
    load(shapes);
  }
  ~WithTiles() {
    if (before_.empty()) {
      asm volatile("tilerelease");
    } else {
      load(before_);
    }
  }
  WithTiles(const WithTiles&) = delete;
  WithTiles& operator=(const WithTiles&) = delete;

 private:
  // To GCC 12's own functions these would be 8 bytes.
  static void load(const TileShapes& shapes) {
    asm volatile("ldtilecfg %0" : : "m"(shapes) : "memory");
  }

  TileShapes before_;
};

/// What was written to memory is there for tiles to read: GCC 12 thinks that
/// they read none, and might write it later.
inline void finish_writes() {
  asm volatile("" : : : "memory");
}

}  // namespace lathe::cpu

#endif
