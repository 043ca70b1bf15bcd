#pragma once

#include <cstdint>

#include "core/bfloat16.h"

namespace lathe::cpu {

/// c = start + a b by the calling thread, in a processor's tiles (AMX): a
/// (rows, inner) of pairs of neighbours, a row every a_row elements, b (inner,
/// columns) of pairs, start (columns) or zeros, c (rows, columns). Sums are
/// float32, rounded to what c is once.
struct AmxProduct {
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t inner;
  const BFloat16* a;
  std::int64_t a_row;
  const BFloat16* b;
  const float* start;
  BFloat16* c;
};

/// Whether the processor has tiles, the system lets this process use them, and
/// they serve such a product: at least 16 columns, and pairs in whole parts of
/// 4 to 16.
bool has_amx_product(std::int64_t columns, std::int64_t inner);
void amx_product(const AmxProduct& product);

}  // namespace lathe::cpu
