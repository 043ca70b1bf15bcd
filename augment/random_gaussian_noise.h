#pragma once

#include "augment/augmentation.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Adds normal noise to every value, each its own, and clips to black and
/// white.
struct RandomGaussianNoise {
  static constexpr std::string_view kName = "gaussian_noise";

  /// The noise's standard deviation, white being 1; 0 to 1.
  Range sigma = {0, 0.1};
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("sigma", self.sigma);
    visitor("p", self.p);
  }

  void check() const {
    sigma.check("gaussian_noise: sigma", 0, 1);
    check_probability("gaussian_noise: p", p);
  }

  /// A sigma of 0 where it is not done.
  std::vector<std::string> parameters() const { return {"sigma", "seed"}; }

  void draw(Philox& random, std::span<float> row) const {
    const float drawn = sigma.draw(random);
    row[1] = noise_seed(random);
    row[0] = chance(random, p) * drawn;
  }

  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize /*size*/,
               std::span<FilterStep> steps) const {
    steps[0] = {};
    if (row[0] == 0.0F) return;
    steps[0] = {.kind = FilterKind::gaussian_noise,
                .numbers = {row[0], row[1]}};
  }
};

}  // namespace lathe::augment
