#include "train/data/scenes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/philox.h"

namespace lathe::train {
namespace {

using Colour = std::array<float, 3>;
constexpr float kTurn = 2 * std::numbers::pi_v<float>;

Colour from_hue(float hue, float saturation, float value) {
  Colour colour{};
  for (std::size_t c = 0; c < 3; ++c) {
    const float k =
        std::fmod(5.0F - 2.0F * static_cast<float>(c) + hue * 6.0F, 6.0F);
    const float ramp = std::clamp(std::min(k, 4.0F - k), 0.0F, 1.0F);
    colour[c] = value * (1 - saturation * ramp);
  }
  return colour;
}

// Smooth noise in [-1, 1] over the unit square, one random value a lattice
// point.
class ValueNoise {
 public:
  ValueNoise(const RandomKey& key, int cells)
      : cells_(cells), stride_(static_cast<std::size_t>(cells) + 2) {
    Philox random(key);
    lattice_.resize(stride_ * stride_);
    for (float& value : lattice_) value = random.uniform(-1, 1);
  }

  float at(float x, float y) const {
    const float u = x * static_cast<float>(cells_);
    const float v = y * static_cast<float>(cells_);
    const float left = std::floor(u);
    const float top = std::floor(v);
    const float s = smooth(u - left);
    const float t = smooth(v - top);
    const float* corner = lattice_.data() +
                          static_cast<std::size_t>(top) * stride_ +
                          static_cast<std::size_t>(left);
    const float above = std::lerp(corner[0], corner[1], s);
    const float below = std::lerp(corner[stride_], corner[stride_ + 1], s);
    return std::lerp(above, below, t);
  }

 private:
  static float smooth(float t) { return t * t * (3 - 2 * t); }

  int cells_;
  std::size_t stride_;
  std::vector<float> lattice_;
};

// A closed curve around a centre: radius 1 + a few waves, stretched and turned.
struct Blob {
  float x = 0;
  float y = 0;
  float radius = 0;
  float stretch = 1;
  float angle = 0;
  std::array<float, 3> wave{};
  std::array<float, 3> phase{};
  Colour colour{};
  float texture = 0;
  bool foreground = false;

  // The distance inside (positive) in units of the image's side, roughly.
  float inside(float px, float py) const {
    const float dx = px - x;
    const float dy = py - y;
    // The waves add at most 0.54, the stretch at most 1.43.
    if (std::hypot(dx, dy) > 2.3F * radius) return -1;
    const float u = (std::cos(angle) * dx + std::sin(angle) * dy) * stretch;
    const float v = (-std::sin(angle) * dx + std::cos(angle) * dy) / stretch;
    const float direction = std::atan2(v, u);
    float edge = 1;
    for (std::size_t k = 0; k < wave.size(); ++k) {
      edge +=
          wave[k] * std::cos(static_cast<float>(k + 2) * direction + phase[k]);
    }
    return radius * edge - std::hypot(u, v);
  }
};

std::vector<Blob> draw_blobs(Philox& random) {
  std::vector<Blob> blobs(4 + random.below(5));
  for (Blob& blob : blobs) {
    blob.x = random.uniform();
    blob.y = random.uniform();
    // Areas spread over more than an order of magnitude.
    blob.radius = 0.09F * std::pow(3.6F, random.uniform());
    blob.stretch = random.uniform(0.7F, 1.4F);
    blob.angle = random.uniform(0, kTurn);
    for (std::size_t k = 0; k < blob.wave.size(); ++k) {
      blob.wave[k] = random.uniform(0, 0.18F);
      blob.phase[k] = random.uniform(0, kTurn);
    }
    blob.foreground = random.below(2) == 0;
    const float hue = blob.foreground ? random.uniform(-0.06F, 0.13F)
                                      : random.uniform(0.33F, 0.72F);
    blob.colour =
        from_hue(hue < 0 ? hue + 1 : hue, random.uniform(0.45F, 0.85F),
                 random.uniform(0.35F, 0.9F));
    blob.texture = random.uniform(0.05F, 0.2F);
  }
  return blobs;
}

}  // namespace

void draw_scene(std::uint64_t seed, std::uint32_t index, const Tensor& image,
                const Tensor& mask) {
  const auto key = [&](std::uint32_t part) {
    return RandomKey{.seed = seed,
                     .epoch = part,
                     .sample = index,
                     .operation = RandomStream::scenes};
  };
  Philox random(key(0));
  const std::vector<Blob> blobs = draw_blobs(random);
  const ValueNoise coarse(key(1), 3);
  const ValueNoise middle(key(2), 11);
  const ValueNoise fine(key(3), 47);
  const Colour ground = from_hue(random.uniform(), random.uniform(0, 0.25F),
                                 random.uniform(0.35F, 0.65F));
  const Colour stain = from_hue(random.uniform(), random.uniform(0, 0.3F),
                                random.uniform(0.25F, 0.75F));
  const float light_angle = random.uniform(0, kTurn);
  const float light_x = 0.45F * std::cos(light_angle);
  const float light_y = 0.45F * std::sin(light_angle);
  const float noise = random.uniform(0.01F, 0.05F);
  Philox grain(key(4));

  const std::int64_t height = image.shape()[0];
  const std::int64_t width = image.shape()[1];
  auto* pixel = image.data<std::uint8_t>();
  auto* target = mask.data<std::uint8_t>();
  const float softness = 0.75F / static_cast<float>(std::max(height, width));
  for (std::int64_t row = 0; row < height; ++row) {
    for (std::int64_t column = 0; column < width; ++column) {
      const float x =
          (static_cast<float>(column) + 0.5F) / static_cast<float>(width);
      const float y =
          (static_cast<float>(row) + 0.5F) / static_cast<float>(height);
      const float texture = 0.6F * middle.at(x, y) + 0.4F * fine.at(x, y);
      const float mix = std::clamp(
          0.5F + 0.7F * coarse.at(x, y) + 0.3F * texture, 0.0F, 1.0F);
      Colour colour{};
      for (std::size_t c = 0; c < 3; ++c) {
        colour[c] = std::lerp(ground[c], stain[c], mix) * (1 + 0.25F * texture);
      }
      bool foreground = false;
      for (const Blob& blob : blobs) {
        const float inside = blob.inside(x, y);
        if (inside < -softness) continue;
        const float cover =
            std::clamp(0.5F + 0.5F * inside / softness, 0.0F, 1.0F);
        // Rounded: darker towards the edge.
        const float shade =
            0.75F + 0.25F * std::min(1.0F, inside / (0.6F * blob.radius)) +
            blob.texture * texture;
        for (std::size_t c = 0; c < 3; ++c) {
          colour[c] = std::lerp(colour[c], blob.colour[c] * shade, cover);
        }
        if (inside >= 0) foreground = blob.foreground;
      }
      const float light = 1 + light_x * (x - 0.5F) + light_y * (y - 0.5F);
      for (std::size_t c = 0; c < 3; ++c) {
        // Four uniforms make a fair normal.
        const float jitter = grain.uniform() + grain.uniform() +
                             grain.uniform() + grain.uniform() - 2;
        const float value =
            255 * (colour[c] * light + 1.7F * noise * jitter) + 0.5F;
        *pixel++ = static_cast<std::uint8_t>(std::clamp(value, 0.0F, 255.0F));
      }
      *target++ = foreground ? 1 : 0;
    }
  }
}

}  // namespace lathe::train
