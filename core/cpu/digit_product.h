#pragma once

#include <cstddef>
#include <cstdint>

#include "core/cpu/activate_rows.h"

namespace lathe::cpu {

/// c = f(a b [+ start] [+ r]) in float32 by a processor's tiles (AMX), which
/// multiply bytes. Each row of a and each column of b is multiplied so that its
/// largest value becomes about 2^23 and rounded to integers of three signed
/// digits to the base of 256; of the nine products of digits the six largest
/// are summed, exactly, in int32. Results are off by 2e-7 to 6e-7 of their
/// standard deviation, as sums in float32 are. A row's do not depend on the
/// other rows. What is no number or infinite becomes none. (Ootomo, Ozaki and
/// Yokota, "DGEMM on Integer Matrix Multiplication Unit", 2024.)
class DigitProduct {
 public:
  /// Whether this processor has them, and they are faster than products in
  /// float32.
  static bool serves(std::int64_t rows, std::int64_t inner,
                     std::int64_t columns);

  /// a: (rows, inner), b: (inner, columns); up to kLongest of `inner`.
  DigitProduct(std::int64_t inner, std::int64_t columns);

  /// Of b as run() takes it.
  std::int64_t b_bytes() const { return parts() * part_bytes(); }
  /// Into how many parts that is arranged.
  std::int64_t parts() const;
  /// Up to so many columns are a part.
  static constexpr std::int64_t kPart = 16;
  /// Arranges a part: `b` is its first column's first element, and others are
  /// `row_step` and `column_step` elements further, one of which is 1.
  void arrange(std::int64_t part, const float* b, std::int64_t row_step,
               std::int64_t column_step, std::byte* to) const;

  struct Operands {
    std::int64_t rows;
    const float* a;
    const std::byte* b;            // as arrange() leaves it
    const float* start = nullptr;  // (columns), or null for zeros
    const float* r = nullptr;      // (rows, columns), perhaps c, or null
    float* c;
    Activate activate = nullptr;  // null for none
  };
  /// By the calling thread, with as many bytes of its own. These and b are at
  /// multiples of 64 bytes.
  void run(const Operands& operands, std::byte* workspace) const;
  /// The same where a is given transposed: element (row, k) at
  /// a[k * step + row / kPart * panel + row % kPart].
  struct Transposed {
    std::int64_t step;
    std::int64_t panel;
  };
  void run(const Operands& operands, const Transposed& a,
           std::byte* workspace) const;
  std::int64_t workspace_bytes() const;
  /// Rows that are computed together: numbers of them waste nothing.
  static constexpr std::int64_t kRows = 32;
  /// So many of `inner` are multiplied together.
  static constexpr std::int64_t kChunk = 64;
  /// More of the largest products of digits might not fit into int32.
  static constexpr std::int64_t kLongest = 32768;

 private:
  std::int64_t part_bytes() const;
  void convert(const float* a, const Transposed* layout, std::int64_t rows,
               std::byte* to, float* units) const;
  void run(const Operands& operands, const Transposed* layout,
           std::byte* workspace) const;
  void sum(const std::byte* a, const std::byte* b) const;
  void finish(const Operands& operands, std::int64_t row, std::int64_t part,
              const std::int32_t* sums, const float* units) const;

  std::int64_t inner_;
  std::int64_t columns_;
  std::int64_t chunks_;  // of 64 along `inner`
};

}  // namespace lathe::cpu
