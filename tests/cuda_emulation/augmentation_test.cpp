// What augments on a GPU does as the reference does, for a batch whose samples
// have other parameters each.
#include <cuda_emulation/runtime.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "core/augmentation/mix.h"
#include "core/augmentation/stencil.h"
#include "tests/core/color_cases.h"
#include "tests/core/filter_cases.h"
#include "tests/core/resample_cases.h"
#include "tests/cuda_emulation/guarded.h"
#include "tests/support/compare.h"

namespace lathe {
namespace {

using cuda_emulation::Order;
using testing::Guarded;
using testing::random_integers;
using testing::random_tensor;

// Memory to work in, and parameters that lie anywhere, as here the GPU reads
// what the host has.
struct OnGpu {
  explicit OnGpu(std::size_t bytes)
      : workspace(
            TensorSpec{{static_cast<std::int64_t>(bytes)}, DType::uint8}) {}

  GpuMemory memory() const {
    static const std::byte anywhere{};
    return {.host = &anywhere,
            .copy = &anywhere,
            .workspace = static_cast<std::byte*>(workspace.tensor().raw())};
  }

  Guarded workspace;
};

// What run(output) leaves in a tensor between margins; the same with threads in
// two orders.
template <class Run>
Tensor on_gpu(const TensorSpec& spec, const Run& run) {
  Tensor results[2];
  for (const Order order : {Order::ascending, Order::descending}) {
    const Guarded output(spec);
    cuda_emulation::set_order(order);
    run(output.tensor());
    cuda_emulation::set_order(Order::ascending);
    results[order == Order::ascending ? 0 : 1] = output.tensor().clone();
  }
  SCOPED_TRACE("threads in another order");
  testing::expect_identical(results[1], results[0]);
  return results[0];
}

Tensor images_of(const Shape& shape, DType dtype) {
  return dtype == DType::uint8 ? random_integers(shape, dtype, 5, 256)
                               : random_tensor(shape, dtype, 5, 0, 255);
}

// A turn, a perspective with its horizon near, and a flip.
Tensor three_rows(const Shape& shape) {
  const auto right = static_cast<float>(shape[2] - 1);
  return Tensor::from<float>(
      {3, kRowLength}, {0.8F, -0.6F, 3,     0.6F,  0.8F, -2.5F, 0,      0,
                        0.9F, 0.1F,  -2,    -0.2F, 1.1F, 3,     0.002F, -0.003F,
                        -1,   0,     right, 0,     1,    0,     0,      0});
}

// Positions are the same bits on both, so nearest pixels agree exactly; the
// reference sums in double. Values up to 255, as in
// tests/core/resample_test.cpp.
double tolerance_of(Interpolation interpolation, DType to) {
  if (interpolation == Interpolation::nearest) return 0;
  if (to == DType::uint8) return 1;
  return interpolation == Interpolation::bilinear ? 1e-4 : 2e-4;
}

TEST(GpuResample, DoesAsTheReference) {
  for (const Shape& shape :
       {Shape{3, 37, 45, 3}, Shape{3, 13, 12, 1}, Shape{3, 5, 16, 4},
        Shape{3, 9, 10, 5}, Shape{3, 1, 7, 3}, Shape{3, 13, 1, 1},
        Shape{3, 1, 1, 1}, Shape{3, 2, 2, 3}}) {
    const Shape size{3, shape[1] + 2, std::max<std::int64_t>(shape[2] - 1, 1),
                     shape[3]};
    const Tensor rows = three_rows(shape);
    for (const auto& [from, to, how, text] : testing::resample_cases(0.75F)) {
      SCOPED_TRACE(concat(shape, " ", text));
      const Tensor input = images_of(shape, from);
      const Tensor expected(size, to);
      resample(Device::reference, how, input, rows, expected);
      const Tensor seen =
          on_gpu(expected.spec(), [&, &how = how](const Tensor& output) {
            resample(Device::cuda, how, input, rows, output, {}, nullptr,
                     OnGpu(0).memory());
          });
      testing::expect_close(seen, expected, 0,
                            tolerance_of(how.interpolation, to));
    }
  }
}

TEST(GpuResample, WarpsAsTheReference) {
  const Shape shape{4, 21, 18, 3};
  const auto extents = [](Warp warp) {
    warp.width = 18;
    warp.height = 21;
    return warp;
  };
  const Tensor spline = random_tensor({2 * 6 * 5}, DType::float32, 3, -2, 2);
  const Tensor grid = Tensor::from<float>({5}, {0, 11, 18, 0, 21});
  const std::vector<Warp> warps{
      extents({.kind = WarpKind::spline,
               .columns = 3,
               .rows = 2,
               .controls = spline.data<float>()}),
      extents({.kind = WarpKind::grid,
               .columns = 2,
               .rows = 1,
               .controls = grid.data<float>()}),
      extents({.kind = WarpKind::radial,
               .strength = 0.4F,
               .row = {0.9F, 0.1F, 0, -0.1F, 0.9F, 1, 0, 0}}),
      {}};
  const Tensor rows = Tensor::from<float>(
      {4, kRowLength},
      {1, 0, 0,    0, 1, 0, 0, 0, 1.1F, 0, -1, 0.1F, 0.9F, 0, 0, 0,
       1, 0, 0.5F, 0, 1, 0, 0, 0, 1,    0, 0,  0,    1,    0, 0, 0});
  const Tensor input = images_of(shape, DType::uint8);
  const Tensor expected(shape);
  resample(Device::reference, {}, input, rows, expected, {}, warps.data());
  const Tensor seen = on_gpu(expected.spec(), [&](const Tensor& output) {
    resample(Device::cuda, {}, input, rows, output, {}, warps.data(),
             OnGpu(0).memory());
  });
  testing::expect_close(seen, expected, 0, 1e-4);
}

// As in tests/core/color_test.cpp.
TEST(GpuColor, ChangesAsTheReference) {
  namespace colors = testing::colors;
  for (const Shape& shape :
       {Shape{3, 19, 23, 3}, Shape{3, 33, 32, 1}, Shape{3, 9, 11, 4},
        Shape{3, 9, 12, 5}, Shape{3, 1, 1, 1}}) {
    for (const auto& kinds : colors::kLists) {
      if (!colors::fits(kinds, shape[3])) continue;
      const std::vector<ColorStep> steps = colors::drawn(kinds);
      for (const DType to : {DType::uint8, DType::float32}) {
        SCOPED_TRACE(concat(shape, " to ", to, ", ", kinds.size(),
                            " steps from ", static_cast<int>(kinds.front())));
        const Tensor input = colors::images(shape, DType::uint8);
        const Tensor expected =
            colors::colored(Device::reference, input, to, steps);
        const OnGpu gpu(resample_bytes(static_cast<std::int64_t>(kinds.size()),
                                       expected.spec()));
        const Tensor seen =
            colors::colored(Device::cuda, input, to, steps, gpu.memory());
        testing::expect_close(seen, expected, 0, to == DType::uint8 ? 1 : 5e-4);
      }
    }
  }
}

StepNeeds needs_of(const FilterStep& step) {
  const bool tiles = step.kind == FilterKind::clahe;
  return {.neighbours = stencils_of(step).second.count > 0,
          .histograms = tiles ? static_cast<std::int64_t>(step.numbers[1] *
                                                          step.numbers[2])
                        : step.kind == FilterKind::autocontrast ||
                                step.kind == FilterKind::equalize
                            ? 1
                            : 0,
          .masks = erases_masks(step),
          .jpeg = step.kind == FilterKind::jpeg};
}

// Every sample has all filters, each beginning with another one. What rounds
// is as in tests/core/filter_test.cpp, and a filter may make a bit more of what
// the one before differs by; bins of histograms could then differ by much, so
// those see bytes.
TEST(GpuFilter, DoesAsTheReference) {
  namespace filters = testing::filters;
  for (const Shape& shape : filters::kShapes) {
    const Tensor images(shape);
    const Tensor bytes = random_integers(shape, DType::uint8, 3, 256);
    for (std::int64_t i = 0; i < shape.elements(); ++i) {
      images.data<float>()[i] =
          -1 + 4 * static_cast<float>(bytes.data<std::uint8_t>()[i]) / 255;
    }
    std::vector<FilterStep> fitting;
    for (const FilterStep& step : filters::kSteps) {
      // A block for each of 64 tiles takes long to emulate.
      const bool many = needs_of(step).histograms > 12 && shape[3] > 1;
      if (filters::fits(step, shape) && !many) fitting.push_back(step);
    }
    for (std::size_t first = 0; first < fitting.size(); ++first) {
      // Two that come to all samples as one step, in other orders.
      const FilterStep& one = fitting[first];
      const FilterStep& two = fitting[(first + 1) % fitting.size()];
      const std::vector<FilterStep> steps{one, {}, two, {}, {}, one};
      const StepNeeds both = needs_of(one).either(needs_of(two));
      const std::vector<StepNeeds> needs{both, needs_of(one)};
      std::vector<Stencils> stencils;
      for (const FilterStep& step : steps)
        stencils.push_back(stencils_of(step));
      const Filters how{.steps = steps.data(),
                        .count = 2,
                        .range = filters::kRange,
                        .needs = needs.data(),
                        .stencils = stencils.data()};
      SCOPED_TRACE(concat(shape, ", ", filters::name_of(one), ", ",
                          filters::name_of(two)));
      const Tensor expected = images.clone();
      filter(Device::reference, how, expected);
      const Tensor seen = on_gpu(images.spec(), [&](const Tensor& output) {
        output.copy_from(images);
        const OnGpu gpu(filter_bytes(needs, shape));
        filter(Device::cuda, how, output, gpu.memory());
      });
      testing::expect_close(seen, expected, 0, 2e-5);
    }
  }
}

TEST(GpuFilter, RefusesWhatNobodySaidItMayNeed) {
  const FilterStep step{.kind = FilterKind::equalize};
  const StepNeeds needs;
  EXPECT_THROW(
      filter(Device::cuda,
             {.steps = &step, .count = 1, .range = {}, .needs = &needs},
             Tensor({1, 2, 2, 3})),
      Error);
}

TEST(GpuFilter, ErasesMasksAsTheReference) {
  for (const Shape& shape :
       {Shape{2, 13, 17, 1}, Shape{2, 1, 5, 3}, Shape{2, 1, 1, 1}}) {
    const std::vector<FilterStep> steps{
        {.kind = FilterKind::erase, .numbers = {1, 0, 6, 4, 0, -1, 1}},
        {.kind = FilterKind::grid, .numbers = {5, 2, 1, 1, 0, -1, 1}},
        {.kind = FilterKind::erase, .numbers = {0, 0, 30, 4, 0, -1, 0}},
        {}};
    const std::vector<StepNeeds> needs(2, {.masks = true});
    const Filters how{
        .steps = steps.data(), .count = 2, .range = {}, .needs = needs.data()};
    for (const DType dtype : {DType::uint8, DType::float32}) {
      SCOPED_TRACE(concat(shape, " ", dtype));
      const Tensor masks = images_of(shape, dtype);
      const Tensor expected = masks.clone();
      erase_masks(Device::reference, how, 9, expected);
      const Tensor seen = on_gpu(masks.spec(), [&](const Tensor& output) {
        output.copy_from(masks);
        erase_masks(Device::cuda, how, 9, output, OnGpu(0).memory());
      });
      testing::expect_identical(seen, expected);
    }
  }
}

std::vector<MixStep> mix_steps(const Shape& shape) {
  const auto width = static_cast<float>(shape[2]);
  const auto height = static_cast<float>(shape[1]);
  return {{},
          {.kind = MixKind::mixup, .partners = {4}, .numbers = {0.3F}},
          {.kind = MixKind::cutmix,
           .partners = {5},
           .numbers = {0, 1, width, height}},
          {.kind = MixKind::mosaic,
           .partners = {5, 0, 1},
           .numbers = {1.4F, 0.2F * width, 0.3F * height, 3}},
          {.kind = MixKind::mosaic, .partners = {1, 2, 3}, .numbers = {2}},
          {.kind = MixKind::copy_paste,
           .partners = {2},
           .numbers = {123, 0.5F, 0}}};
}

TEST(GpuMix, DoesAsTheReference) {
  for (const Shape& shape :
       {Shape{6, 13, 17, 3}, Shape{6, 1, 1, 1}, Shape{6, 7, 1, 4}}) {
    for (const DType dtype : {DType::uint8, DType::float32}) {
      for (const Interpolation masks :
           {Interpolation::nearest, Interpolation::bilinear}) {
        SCOPED_TRACE(concat(shape, " ", dtype, " ", name_of(masks)));
        std::vector<MixStep> steps = mix_steps(shape);
        if (dtype != DType::uint8) steps.back() = {};
        const Mixing how{.steps = steps.data(), .masks = masks};
        const MixBatch input{
            .images = images_of(shape, DType::float32),
            .masks = images_of({6, shape[1], shape[2], 1}, dtype)};
        const MixBatch expected{.images = Tensor(shape),
                                .masks = Tensor(input.masks.shape(), dtype)};
        mix(Device::reference, how, input, expected);
        Tensor seen_masks;
        const Tensor seen =
            on_gpu(expected.images.spec(), [&](const Tensor& images) {
              seen_masks =
                  on_gpu(expected.masks.spec(), [&](const Tensor& mixed_masks) {
                    mix(Device::cuda, how, input,
                        {.images = images, .masks = mixed_masks},
                        OnGpu(0).memory());
                  });
            });
        // The same products and sums, joined alike.
        testing::expect_identical(seen, expected.images);
        testing::expect_identical(seen_masks, expected.masks);
      }
    }
  }
}

TEST(GpuMix, BlendsAsTheReference) {
  const Shape shape{3, 5, 7, 3};
  const Tensor parts = Tensor::from<float>({3}, {0.25F, 0, 0.9F});
  const Tensor original = random_tensor(shape, DType::float32, 1);
  const Tensor changed = random_tensor(shape, DType::float32, 2);
  const Tensor before = random_tensor(shape, DType::float32, 3);
  const Tensor expected(shape);
  blend_in(Device::reference, parts, original, changed, before, expected);
  const Tensor seen = on_gpu(expected.spec(), [&](const Tensor& output) {
    blend_in(Device::cuda, parts, original, changed, before, output,
             OnGpu(0).memory());
  });
  testing::expect_identical(seen, expected);
}

// The host's parameters are only checked: what acts is the GPU's copy.
TEST(GpuMemory, IsWhereKernelsReadParameters) {
  struct Block {
    std::array<MixStep, 2> steps;
  };
  const Block host{};
  const Block copy{.steps = {MixStep{.kind = MixKind::cutmix,
                                     .partners = {1},
                                     .numbers = {0, 0, 1, 1}},
                             MixStep{}}};
  const Tensor images = Tensor::from<float>({2, 1, 1, 1}, {3, 4});
  const Tensor output({2, 1, 1, 1});
  mix(Device::cuda, {.steps = host.steps.data()}, {images, {}}, {output, {}},
      {.host = reinterpret_cast<const std::byte*>(&host),
       .copy = reinterpret_cast<const std::byte*>(&copy)});
  EXPECT_EQ(output.values<float>()[0], 4);
  EXPECT_EQ(output.values<float>()[1], 4);
}

}  // namespace
}  // namespace lathe
