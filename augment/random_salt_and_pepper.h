#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Makes some pixels white (salt) and some black (pepper), in all channels.
struct RandomSaltAndPepper {
  static constexpr std::string_view kName = "salt_and_pepper";

  /// The part of the pixels, 0 to 1.
  Range amount = {0.01, 0.06};
  /// The part of these that becomes white.
  Range salt = 0.5;
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("amount", self.amount);
    visitor("salt", self.salt);
    visitor("p", self.p);
  }

  void check() const {
    amount.check("salt_and_pepper: amount", 0, 1);
    salt.check("salt_and_pepper: salt", 0, 1);
    check_probability("salt_and_pepper: p", p);
  }

  /// An amount of 0 where it is not done.
  std::vector<std::string> parameters() const {
    return {"amount", "salt", "seed"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const float drawn = amount.draw(random);
    row[1] = salt.draw(random);
    row[2] = noise_seed(random);
    row[0] = chance(random, p) * drawn;
  }

  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize /*size*/,
               std::span<FilterStep> steps) const {
    steps[0] = {};
    if (row[0] == 0.0F) return;
    steps[0] = {.kind = FilterKind::salt_and_pepper,
                .numbers = {row[0], row[1], row[2]}};
  }
};

}  // namespace lathe::augment
