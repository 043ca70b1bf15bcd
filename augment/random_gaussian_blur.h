#pragma once

#include "augment/augmentation.h"
#include "augment/neighbourhood.h"
#include "augment/probability.h"

namespace lathe::augment {

/// Blurs by weights exp(-d^2 / (2 sigma^2)), as keras.layers.RandomGaussianBlur
/// but with a sigma for every sample; those across and down are drawn apart.
struct RandomGaussianBlur {
  static constexpr std::string_view kName = "gaussian_blur";

  /// In pixels, 0.01 to 64.
  Range sigma = {0.1, 2};
  /// Pixels a side, odd, 3 to 63; drawn among the odd numbers of a range. Three
  /// sigma either side hold all weights that matter.
  Range kernel_size = 7;
  /// What lies beyond the border. Keras has `constant`, black, which gives the
  /// image a dark edge.
  FillMode fill_mode = FillMode::mirror;
  /// How often.
  float p = 1;

  template <class Self, class Visitor>
  static void visit(Self& self, Visitor&& visitor) {
    visitor("sigma", self.sigma);
    visitor("kernel_size", self.kernel_size);
    visitor("fill_mode", self.fill_mode);
    visitor("p", self.p);
  }

  void check() const {
    sigma.check("gaussian_blur: sigma", 0.01F, 64);
    check_kernel_size("gaussian_blur: kernel_size", kernel_size);
    check_neighbours("gaussian_blur: fill_mode", fill_mode);
    check_probability("gaussian_blur: p", p);
  }

  /// A kernel of one pixel where it is not done.
  std::vector<std::string> parameters() const {
    return {"kernel_size", "sigma_x", "sigma_y"};
  }

  void draw(Philox& random, std::span<float> row) const {
    const float size = draw_kernel_size(random, kernel_size);
    row[1] = sigma.draw(random);
    row[2] = sigma.draw(random);
    row[0] = chance(random, p) != 0.0F ? size : 1.0F;
  }

  StepNeeds needs() const { return {.neighbours = true}; }
  std::size_t filter_steps() const { return 1; }
  void filters(std::span<const float> row, ImageSize /*size*/,
               std::span<FilterStep> steps) const {
    steps[0] = {};
    if (row[0] == 1.0F) return;
    steps[0] = {
        .kind = FilterKind::gaussian_blur,
        .numbers = {row[0], row[1], row[2], static_cast<float>(fill_mode)}};
  }
};

}  // namespace lathe::augment
