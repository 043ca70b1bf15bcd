#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/bfloat16.h"
#include "core/cpu/activate_rows.h"

namespace lathe::cpu {

/// What kernels of split products are called.
inline constexpr std::string_view kSplit = "split";

/// c = f(a b [+ start] [+ r]) of float32 by a processor's tiles (AMX), which
/// multiply bfloat16: each factor is the sum of two of those, high and low, of
/// which three products are summed, high high + high low + low high. Of factors
/// with 24 bits this leaves 16 or 17, of tf32's there are 11: results are off
/// by 3e-6 of their standard deviation, where plain sums in float32 are by
/// 4e-7. (Henry, Tang and Heinecke, "Leveraging the bfloat16 Artificial
/// Intelligence Datatype For Higher-Precision Computations", 2019.) What is no
/// number stays none; what is infinite becomes none, too.
class SplitProduct {
 public:
  /// Whether this processor has them, and they are worth it for a of so many
  /// rows.
  static bool serves(std::int64_t rows, std::int64_t inner,
                     std::int64_t columns);

  /// a: (rows, inner), b: (inner, columns).
  SplitProduct(std::int64_t inner, std::int64_t columns);

  /// Elements of b as run() takes it.
  std::int64_t b_elements() const { return parts() * part_elements(); }
  /// Into how many parts that is arranged.
  std::int64_t parts() const { return column_tiles_; }
  /// Splits the part's columns of b, which is given in rows, or `transposed`.
  void arrange(std::int64_t part, const float* b, bool transposed,
               BFloat16* to) const;

  struct Operands {
    std::int64_t rows;
    const float* a;
    const BFloat16* b;             // as arrange() leaves it
    const float* start = nullptr;  // (columns), or null for zeros
    const float* r = nullptr;      // (rows, columns), perhaps c, or null
    float* c;
    Activate activate = nullptr;  // null for none
  };
  /// By the calling thread, with as many elements of its own.
  void run(const Operands& operands, BFloat16* workspace) const;
  std::int64_t workspace_elements() const;
  /// Rows that are computed together: numbers of them waste nothing.
  static constexpr std::int64_t kRows = 32;

 private:
  std::int64_t tile_elements() const { return pairs_ * 32; }
  std::int64_t part_elements() const {
    return inner_tiles_ * 2 * tile_elements();
  }
  void split_rows(const float* a, std::int64_t rows, BFloat16* to) const;
  template <int kDown, int kAcross>
  void multiply(const Operands& operands, const BFloat16* a, std::int64_t row,
                std::int64_t column_tile) const;

  std::int64_t inner_;
  std::int64_t columns_;
  std::int64_t inner_tiles_;
  std::int64_t column_tiles_;
  std::int64_t pairs_;  // along `inner` in a tile
};

}  // namespace lathe::cpu
