#include "core/augmentation/resample.h"

#include <algorithm>
#include <array>

#include "core/cpu/resample.h"
#include "core/cuda/resample.h"
#include "core/error.h"
#include "core/reference/resample.h"

namespace lathe {

namespace {

constexpr std::array kInterpolations{
    Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic};
constexpr std::array kFillModes{FillMode::constant, FillMode::nearest,
                                FillMode::reflect, FillMode::mirror,
                                FillMode::wrap};

template <class Values>
auto value_named(std::string_view text, const Values& values,
                 std::string_view what) {
  std::string known;
  for (const auto value : values) {
    if (name_of(value) == text) return value;
    known += concat(known.empty() ? "" : ", ", name_of(value));
  }
  fail(what, " '", text, "' is none of ", known);
}

bool is_pixel_type(DType dtype) {
  return dtype == DType::uint8 || dtype == DType::float32;
}

void check(const Tensor& input, const Tensor& rows, const Tensor& output,
           const Colors& colors) {
  const Shape& from = input.shape();
  const Shape& to = output.shape();
  if (from.rank() != 4 || to.rank() != 4 || from[0] != to[0] ||
      from[3] != to[3] || from.elements() == 0) {
    fail("resample: the input is ", from, " and the output ", to,
         "; both must be (N, H, W, C) with the same N and C, none of them 0");
  }
  if (!is_pixel_type(input.dtype()) || !is_pixel_type(output.dtype())) {
    fail("resample: takes uint8 and float32, not ", input.dtype(), " to ",
         output.dtype());
  }
  if (rows.spec() != TensorSpec{{from[0], kRowLength}, DType::float32}) {
    fail("resample: the rows are ", rows.spec(), "; they must be float32 (",
         from[0], ", ", kRowLength, ")");
  }
  for (std::int64_t i = 0; i < from[0] * colors.count; ++i) {
    const ColorKind kind = colors.steps[i].kind;
    if (mixes_channels(kind) && from[3] != 3 && from[3] != 1) {
      fail("resample: images of ", from[3],
           " channels; saturation, hue and grayscale are for 3, or 1");
    }
    if (kind == ColorKind::shuffle && from[3] > 4) {
      fail("resample: images of ", from[3],
           " channels; channels are shuffled where there are up to 4");
    }
  }
  if (input.raw() == output.raw()) {
    fail("resample: the output must be other memory than the input");
  }
}

void check_means(const Colors& colors, std::int64_t samples) {
  for (std::int64_t n = 0; n < samples; ++n) {
    const auto count = std::ranges::count_if(
        colors.of(n),
        [](const ColorStep& step) { return needs_means(step.kind); });
    if (count <= colors.means) continue;
    fail("resample: ", count, " colour steps need means, and their operations ",
         "say that at most ", colors.means, " may");
  }
}

}  // namespace

void resample(Device device, const Resample& how, const Tensor& input,
              const Tensor& rows, const Tensor& output, const Colors& colors,
              const Warp* warps, const GpuMemory& gpu) {
  check(input, rows, output, colors);
  switch (device) {
    case Device::reference:
      return reference::resample(how, input, rows, output, colors, warps);
    case Device::cpu:
      return cpu::resample(how, input, rows, output, colors, warps);
    case Device::cuda:
      check_means(colors, input.shape()[0]);
      return cuda::resample(how, input, rows, output, colors, warps, gpu);
  }
}

std::size_t resample_bytes(std::int64_t means, const TensorSpec& output) {
  if (means == 0) return 0;
  const Shape& shape = output.shape;
  const std::int64_t sums = shape[0] * shape[3] * kChannelSums;
  const std::int64_t values =
      output.dtype == DType::uint8 ? shape.elements() : 0;
  return static_cast<std::size_t>(sums + values) * sizeof(float);
}

std::string_view name_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::nearest:
      return "nearest";
    case Interpolation::bilinear:
      return "bilinear";
    case Interpolation::bicubic:
      return "bicubic";
  }
  return "unknown";
}

std::string_view name_of(FillMode fill_mode) {
  switch (fill_mode) {
    case FillMode::constant:
      return "constant";
    case FillMode::nearest:
      return "nearest";
    case FillMode::reflect:
      return "reflect";
    case FillMode::mirror:
      return "mirror";
    case FillMode::wrap:
      return "wrap";
  }
  return "unknown";
}

Interpolation interpolation_from(std::string_view text) {
  return value_named(text, kInterpolations, "interpolation");
}

FillMode fill_mode_from(std::string_view text) {
  return value_named(text, kFillModes, "fill_mode");
}

}  // namespace lathe
