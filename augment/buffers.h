#pragma once

#include <array>

#include "augment/pipeline.h"

namespace lathe::augment {

/// What apply() keeps in its workspace. Two buffers are enough for any number
/// of passes: each reads one and writes the other.
struct Pipeline::Buffers {
  Tensor table;
  Tensor rows;
  /// Warps, their controls, ColorSteps, FilterSteps, Stencils and MixSteps.
  Tensor warps;
  Tensor controls;
  Tensor colors;
  Tensor filters;
  Tensor stencils;
  Tensor mixes;
  /// For chains: the part of one in each sample.
  Tensor parts;
  std::array<Targets, 2> between;
  /// For chains: what their links leave in turn, and the blend so far.
  std::array<Tensor, 2> links;
  Tensor blend;
  GpuMemory gpu;
  /// How far the parameters of a pass, those above, are behind those of the
  /// pass before; all are in one place where nothing needs them later.
  std::size_t pass_bytes = 0;
  std::size_t bytes = 0;
  std::size_t gpu_bytes = 0;

  std::array<Tensor*, 8> parameters() {
    return {&rows,    &warps,    &controls, &colors,
            &filters, &stencils, &mixes,    &parts};
  }

  /// Those of samples [first, first + count).
  Buffers of(std::int64_t first, std::int64_t count) const {
    Buffers part = *this;
    part.table = table.rows(first, count);
    for (Tensor* each : part.parameters()) *each = each->rows(first, count);
    return part;
  }
  /// With the parameters of pass i.
  Buffers of_pass(std::size_t i) const {
    if (pass_bytes == 0) return *this;
    Buffers part = *this;
    for (Tensor* each : part.parameters()) {
      auto* const first = static_cast<std::byte*>(each->raw());
      *each = {each->spec(), first + i * pass_bytes, nullptr};
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

/// Throws Error where what apply() is given doesn't fit.
void check(const Pipeline& pipeline, const Targets& input, const BatchKey& key,
           const Output& output);

}  // namespace lathe::augment
