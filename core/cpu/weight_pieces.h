#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/cpu/requirements.h"
#include "core/parallel.h"

namespace lathe::cpu {

/// Elements [begin, end) of weight `weight`, whose inputs start at `input`.
struct Piece {
  std::size_t weight;
  std::size_t input;
  std::int64_t begin;
  std::int64_t end;
};

/// The elements of every `stride`th input from `first` on.
inline std::vector<Piece> pieces_of(std::string_view name,
                                    const Signature& signature,
                                    std::size_t first, std::size_t stride) {
  constexpr std::int64_t kPiece = 8192;
  std::vector<Piece> pieces;
  for (std::size_t i = first; i < signature.inputs.size(); i += stride) {
    require_float32(name, signature.inputs[i]);
    const std::int64_t count = signature.inputs[i].shape.elements();
    for (std::int64_t begin = 0; begin < count; begin += kPiece) {
      pieces.push_back({.weight = (i - first) / stride,
                        .input = i,
                        .begin = begin,
                        .end = std::min(begin + kPiece, count)});
    }
  }
  return pieces;
}

/// Calls body(i) for each piece i. Most weights are small: a few pieces make a
/// task.
template <class F>
void run_pieces(const std::vector<Piece>& pieces, F&& body) {
  parallel_ranges(static_cast<std::int64_t>(pieces.size()), 4,
                  [&](std::int64_t first, std::int64_t last) {
                    for (std::int64_t i = first; i < last; ++i) {
                      body(static_cast<std::size_t>(i));
                    }
                  });
}

}  // namespace lathe::cpu
