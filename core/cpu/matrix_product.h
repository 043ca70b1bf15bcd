#pragma once

#include <cstdint>

namespace lathe::cpu {

/// A matrix, or a transposed one, in rows of `columns` floats in memory.
struct Matrix {
  const float* data;
  std::int64_t columns;
  bool transposed = false;
};

/// c += alpha a b, or c = alpha a b unless `adds`: c has `rows` rows of
/// `columns` floats, and a has `inner` columns. Called from a task of
/// parallel_tasks it computes in the calling thread, so that its bits don't
/// depend on their number.
void multiply(float alpha, const Matrix& a, const Matrix& b, bool adds,
              std::int64_t rows, std::int64_t columns, std::int64_t inner,
              float* c);

}  // namespace lathe::cpu
