#pragma once

#include "layers/activation_function.h"
#include "layers/layer.h"
#include "layers/window.h"
#include "tests/support/draws.h"

namespace lathe::testing {

/// Draws pieces of networks: a few layers on an image (N, H, W, C).
class RandomBlocks {
 public:
  using Symbol = layers::Symbol;

  /// For batches of so many.
  RandomBlocks(Draws& draws, std::int64_t batch)
      : draws_(draws), batch_(batch) {}

  /// What images go through first: augmentation, scales, nothing.
  Symbol begin(Symbol x);
  /// Adds what a block makes of one of the maps, mostly of the last; false
  /// where what was drawn is impossible or large.
  bool grow(std::vector<Symbol>& maps);

  std::int64_t filters();
  layers::ActivationFunction function();

 private:
  layers::Padding padding();
  layers::Pair kernel();
  layers::Pair strides();
  Symbol convolution(const Symbol& x);
  Symbol normalized(const Symbol& x);
  Symbol normalize(const Symbol& x);
  Symbol pointwise(const Symbol& x, std::int64_t filters,
                   bool use_bias = false);
  Symbol depthwise(const Symbol& x);
  Symbol separable(const Symbol& x);
  Symbol transposed(const Symbol& x);
  Symbol same(const Symbol& x, std::int64_t filters);
  Symbol sum(const Symbol& a, const Symbol& b);
  Symbol residual(const Symbol& x);
  Symbol transposed_same(const Symbol& x, std::int64_t filters);
  Symbol inverted(const Symbol& x);
  Symbol gated(const Symbol& x);
  Symbol enlarge(const Symbol& x, layers::Pair size);
  Symbol enlarged(const Symbol& x);
  Symbol pooled(const Symbol& x);
  Symbol padded(const Symbol& x);
  Symbol joined(const Symbol& x);
  Symbol multiplied(const Symbol& x);
  Symbol shared(const Symbol& x);
  Symbol dense(const Symbol& x);
  Symbol dropped(const Symbol& x);
  Symbol rescaled(const Symbol& x);
  Symbol activated(const Symbol& x);

  Draws& draws_;
  std::int64_t batch_;
};

}  // namespace lathe::testing
