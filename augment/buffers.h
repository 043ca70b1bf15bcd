#pragma once

#include <array>

#include "augment/pipeline.h"

namespace lathe::augment {

/// What apply() keeps in its workspace. Two buffers are enough for any number
/// of passes: each reads one and writes the other.
struct Pipeline::Buffers {
  Tensor table;
  Tensor rows;
  /// Warps, their controls, ColorSteps, FilterSteps and MixSteps.
  Tensor warps;
  Tensor controls;
  Tensor colors;
  Tensor filters;
  Tensor mixes;
  std::array<Targets, 2> between;
  /// For chains: the part of one in each sample, what its links leave in turn,
  /// and the blend so far.
  Tensor parts;
  std::array<Tensor, 2> links;
  Tensor blend;
  std::size_t bytes = 0;

  /// Those of samples [first, first + count).
  Buffers of(std::int64_t first, std::int64_t count) const {
    Buffers part = *this;
    for (Tensor* each :
         {&part.table, &part.rows, &part.warps, &part.controls, &part.colors,
          &part.filters, &part.mixes, &part.parts}) {
      *each = each->rows(first, count);
    }
    return part;
  }
};

/// Samples [first, first + count) of a batch, and the first of their places
/// between two passes.
struct Pipeline::Part {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::int64_t place = 0;
};

}  // namespace lathe::augment
