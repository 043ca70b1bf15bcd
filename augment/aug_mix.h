#pragma once

#include "augment/beta.h"
#include "augment/policy.h"

namespace lathe::augment {

/// Blends an image with some that went through chains of operations drawn for
/// each sample: m x + (1 - m) (w1 chain1(x) + w2 chain2(x) + ...), with m of
/// Beta(alpha, alpha) and w of Dirichlet(alpha, ..., alpha) (Hendrycks et al.,
/// "AugMix: A simple data processing method to improve robustness and
/// uncertainty", 2020). Options as keras.layers.AugMix, amounts as
/// torchvision.transforms.v2.AugMix. Masks, boxes, keypoints and labels stay as
/// they are: the blend is about the original, which a chain moves by little.
struct AugMix {
  static constexpr std::string_view kName = "augmix";

  std::int64_t num_chains = 3;
  /// Each chain has 1 to so many operations, all numbers as likely.
  std::int64_t chain_depth = 3;
  /// Each operation's part of full magnitude is drawn from 0 to factor, at
  /// most 1.
  float factor = 0.3F;
  /// 0 < alpha <= 100.
  float alpha = 1;
  /// Without them, no brightness, color, contrast and sharpness.
  bool all_ops = true;
  Interpolation interpolation = Interpolation::bilinear;
  FillMode fill_mode = FillMode::constant;
  float fill_value = 0;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("num_chains", self.num_chains);
    visitor("chain_depth", self.chain_depth);
    visitor("factor", self.factor);
    visitor("alpha", self.alpha);
    visitor("all_ops", self.all_ops);
    visitor("interpolation", self.interpolation);
    visitor("fill_mode", self.fill_mode);
    visitor("fill_value", self.fill_value);
  }

  void check() const {
    constexpr std::int64_t kMost = 10;
    if (num_chains < 1 || num_chains > kMost) {
      fail("augmix: num_chains is ", num_chains, "; it must lie within 1 to ",
           kMost);
    }
    if (chain_depth < 1 || chain_depth > kMost) {
      fail("augmix: chain_depth is ", chain_depth, "; it must lie within 1 to ",
           kMost);
    }
    if (!(factor >= 0 && factor <= 1)) {
      fail("augmix: factor is ", factor, "; it must lie within 0 to 1");
    }
    if (!(alpha > 0 && alpha <= 100)) {
      fail("augmix: alpha is ", alpha, "; it must lie above 0, and to 100");
    }
  }

  /// The part that each chain has in the blend, then its operations; `identity`
  /// fills up a chain that is shorter than the longest.
  std::vector<std::string> parameters() const {
    std::vector<std::string> names;
    for (std::int64_t chain = 0; chain < num_chains; ++chain) {
      names.push_back(concat("part ", chain));
    }
    for (std::int64_t chain = 0; chain < num_chains; ++chain) {
      for (std::int64_t place = 0; place < chain_depth; ++place) {
        names.push_back(concat("operation ", chain, ".", place));
        names.push_back(concat("amount ", chain, ".", place));
      }
    }
    return names;
  }

  void draw(Philox& random, std::span<float> row) const {
    for (std::size_t chain = 0; chain < chains(); ++chain) {
      const auto depth =
          1 + random.below(static_cast<std::uint32_t>(chain_depth));
      for (std::size_t place = 0; place < length(); ++place) {
        const PolicyKind kind = draw_kind(random);
        const float part = factor * random.uniform();
        const bool negative = random.below(2) == 1;
        if (place >= depth) {
          row[column(chain, place)] = static_cast<float>(PolicyKind::identity);
          row[column(chain, place) + 1] = 0;
          continue;
        }
        row[column(chain, place)] = static_cast<float>(kind);
        row[column(chain, place) + 1] = kSpace.amount(kind, part, negative);
      }
    }
    const std::span<float> parts = row.first(chains());
    const float original = draw_beta(random, alpha);
    draw_dirichlet(random, alpha, parts);
    for (float& part : parts) part *= 1 - original;
  }

  std::string describe(std::span<const float> row) const {
    std::string text;
    for (std::size_t chain = 0; chain < chains(); ++chain) {
      std::size_t depth = length();
      while (row[column(chain, depth - 1)] ==
             static_cast<float>(PolicyKind::identity)) {
        --depth;
      }
      text += concat(chain == 0 ? "" : ", ", write(row[chain]), " of (",
                     describe_policy(row.subspan(column(chain, 0), 2 * depth)),
                     ")");
    }
    return text;
  }

  Effects effects() const {
    const PolicyReading reading{
        .sampling = {interpolation, fill_mode, fill_value}};
    Effects all;
    for (std::size_t chain = 0; chain < chains(); ++chain) {
      for (std::size_t place = 0; place < length(); ++place) {
        all.push_back(policy_effect(reading, column(chain, place),
                                    ChainLink{.chain = chain,
                                              .chains = chains(),
                                              .place = place,
                                              .length = length()}));
      }
    }
    return all;
  }

 private:
  static constexpr PolicySpace kSpace{.translate = 1.0F / 3, .bits = 4};

  std::size_t chains() const { return static_cast<std::size_t>(num_chains); }
  std::size_t length() const { return static_cast<std::size_t>(chain_depth); }
  /// Where an operation's two numbers begin.
  std::size_t column(std::size_t chain, std::size_t place) const {
    return chains() + 2 * (chain * length() + place);
  }

  PolicyKind draw_kind(Philox& random) const {
    constexpr auto kFirst = static_cast<std::uint32_t>(PolicyKind::shear_x);
    constexpr auto kEnhancing =
        static_cast<std::uint32_t>(PolicyKind::brightness);
    constexpr auto kBehind = static_cast<std::uint32_t>(PolicyKind::posterize);
    constexpr auto kLast = static_cast<std::uint32_t>(PolicyKind::equalize);
    if (all_ops) {
      return static_cast<PolicyKind>(kFirst + random.below(kLast - kFirst + 1));
    }
    const std::uint32_t kind =
        kFirst + random.below(kLast - kFirst + 1 - (kBehind - kEnhancing));
    return static_cast<PolicyKind>(
        kind < kEnhancing ? kind : kind + kBehind - kEnhancing);
  }
};

}  // namespace lathe::augment
