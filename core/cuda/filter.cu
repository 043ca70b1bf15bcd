#include "core/augmentation/noise.h"
#include "core/cuda/filter.h"
#include "core/cuda/filtering.h"
#include "core/cuda/for_each.h"
#include "core/cuda/jpeg.h"
#include "core/cuda/memory.h"
#include "core/cuda/pixel_group.h"

// A thread changes four neighbouring values of a sample, for which one block of
// random words is enough, by some steps in turn. A step that may need more has
// launches of its own: for tables of channels, for stencils, for JPEG.
namespace lathe::cuda {
namespace {

constexpr int kQuad = 4;

/// Where a value is in its image.
struct ValuePlace {
  std::int32_t x;
  std::int32_t y;
  std::int32_t channel;
  std::uint32_t pixel;

  __device__ ValuePlace(const Filtering& task, std::uint32_t value)
      : pixel(task.by_channels.quotient(value)) {
    channel = static_cast<std::int32_t>(value - pixel * task.channels);
    y = static_cast<std::int32_t>(task.by_width.quotient(pixel));
    x = static_cast<std::int32_t>(pixel) - y * task.width;
  }
};

/// Four values of a sample, as many as there are.
struct Quad {
  std::uint32_t first;
  int size;
  float values[kQuad];

  __device__ Quad(const Filtering& task, std::uint32_t number)
      : first(number * kQuad) {
    const std::uint32_t left = task.size() - first;
    size = left < kQuad ? static_cast<int>(left) : kQuad;
  }

  template <class Body>
  __device__ void for_each(const Body& body) {
    for (int k = 0; k < kQuad; ++k) {
      if (k < size) body(values[k], k);
    }
  }
  __device__ void load(const float* sample) {
    for_each([&](float& value, int k) { value = sample[first + k]; });
  }
  __device__ void store(float* sample) {
    for_each([&](float& value, int k) { sample[first + k] = value; });
  }
};

__device__ std::uint32_t quads_of(const Filtering& task) {
  return (task.size() + kQuad - 1) / kQuad;
}

__device__ std::uint32_t seed_of(float number) {
  return static_cast<std::uint32_t>(number);
}

__device__ void erase(const Filtering& task, const FilterStep& step,
                      Quad& quad) {
  const bool is_noise = step.numbers[5] >= 0;
  std::array<float, 4> drawn{step.numbers[4], step.numbers[4], step.numbers[4],
                             step.numbers[4]};
  bool any = false;
  bool erased[kQuad];
  quad.for_each([&](float&, int k) {
    const ValuePlace at(task, quad.first + k);
    erased[k] = erases(step, at.x, at.y);
    any = any || erased[k];
  });
  if (any && is_noise) {
    drawn = normal_numbers(seed_of(step.numbers[5]), quad.first / kQuad);
  }
  quad.for_each([&](float& value, int k) {
    if (!erased[k]) return;
    value = clip(multiply_add(drawn[static_cast<std::size_t>(k)],
                              task.range.high - task.range.low, task.range.low),
                 task.range);
  });
}

__device__ void add_noise(const Filtering& task, const FilterStep& step,
                          Quad& quad) {
  const float deviation = step.numbers[0] * (task.range.high - task.range.low);
  const auto normals =
      normal_numbers(seed_of(step.numbers[1]), quad.first / kQuad);
  quad.for_each([&](float& value, int k) {
    value = clip(
        multiply_add(normals[static_cast<std::size_t>(k)], deviation, value),
        task.range);
  });
}

__device__ void salt_and_pepper(const Filtering& task, const FilterStep& step,
                                Quad& quad) {
  const float amount = step.numbers[0];
  const float salt = step.numbers[0] * step.numbers[1];
  const std::uint32_t seed = seed_of(step.numbers[2]);
  quad.for_each([&](float& value, int k) {
    const std::uint32_t pixel = ValuePlace(task, quad.first + k).pixel;
    const auto words = noise_words(seed, pixel / 4);
    std::uint32_t word = words[0];
    for (std::uint32_t i = 1; i < 4; ++i) {
      if (pixel % 4 == i) word = words[i];
    }
    const float u = unit_of(word);
    if (u < amount) value = u < salt ? task.range.high : task.range.low;
  });
}

__device__ void apply_table(const Filtering& task, std::uint32_t sample,
                            const FilterStep& step, Quad& quad) {
  const float scale = 255.0F / (task.range.high - task.range.low);
  quad.for_each([&](float& value, int k) {
    const ValuePlace at(task, quad.first + k);
    const ChannelTable* tables =
        task.tables_of(sample, static_cast<std::uint32_t>(at.channel));
    if (step.kind == FilterKind::autocontrast) {
      if (tables->acts == 0) return;
      value =
          clip(multiply_add(value - tables->low, tables->scale, task.range.low),
               task.range);
      return;
    }
    const std::int32_t bin = bin_of(value, task.range.low, scale);
    if (step.kind == FilterKind::equalize) {
      if (tables->acts == 0) return;
      value = of_byte(static_cast<float>(tables->bytes[bin]), task.range);
      return;
    }
    const ClaheTiles tiles(step, task.height, task.width);
    const TilePlace row = tile_place(at.y, tiles.height, tiles.down);
    const TilePlace column = tile_place(at.x, tiles.width, tiles.across);
    const auto byte = [&](std::int32_t down, std::int32_t across) {
      return static_cast<float>(
          tables[down * tiles.across + across].bytes[bin]);
    };
    value = of_byte(
        between_tables(byte(row.first, column.first),
                       byte(row.first, column.second),
                       byte(row.second, column.first),
                       byte(row.second, column.second), column.part, row.part),
        task.range);
  });
}

__device__ bool reads_neighbours(FilterKind kind) {
  return kind == FilterKind::sharpness || kind == FilterKind::gaussian_blur ||
         kind == FilterKind::motion_blur;
}

/// The sum of a stencil at a value of a sample, clipped.
__device__ float correlated(const Filtering& task, const Stencil& stencil,
                            FillMode mode, const float* sample,
                            std::uint32_t value) {
  const ValuePlace at(task, value);
  float sum = 0;
  for (int t = 0; t < stencil.count; ++t) {
    const StencilTap& tap = stencil.taps[static_cast<std::size_t>(t)];
    const std::int32_t y = neighbour(at.y + tap.dy, task.height, mode);
    const std::int32_t x = neighbour(at.x + tap.dx, task.width, mode);
    const float seen =
        x < 0 || y < 0
            ? task.range.low
            : sample[(y * task.width + x) * task.channels + at.channel];
    sum = multiply_add(seen, tap.weight, sum);
  }
  return clip(sum, task.range);
}

/// A thread a value. The first of two stencils' sums, or where there is one
/// only, the values as they are, to the workspace; from there the second's.
__global__ void __launch_bounds__(kThreads)
    stencil_kernel(Filtering task, bool is_second) {
  const auto value = static_cast<std::uint32_t>(thread_index());
  const std::uint32_t sample = blockIdx.y;
  if (value >= task.size() ||
      !reads_neighbours(task.step(sample, task.first).kind)) {
    return;
  }
  const Stencils& stencils =
      task.stencils[std::int64_t{sample} * task.count + task.first];
  float* const image = task.images + std::int64_t{sample} * task.size();
  float* const kept = task.workspace + std::int64_t{sample} * task.size();
  if (is_second) {
    image[value] =
        correlated(task, stencils.second, stencils.mode, kept, value);
  } else if (stencils.first.count > 0) {
    kept[value] = correlated(task, stencils.first, stencils.mode, image, value);
  } else {
    kept[value] = image[value];
  }
}

__device__ bool acts_here(FilterKind kind) {
  return kind != FilterKind::none && kind != FilterKind::jpeg &&
         !reads_neighbours(kind);
}

__global__ void __launch_bounds__(kThreads, kFewBlocks)
    filter_kernel(Filtering task) {
  const auto number = static_cast<std::uint32_t>(thread_index());
  const std::uint32_t sample = blockIdx.y;
  int next = task.first;
  while (next < task.last && !acts_here(task.step(sample, next).kind)) {
    ++next;
  }
  if (number >= quads_of(task) || next == task.last) return;
  const std::int64_t before = std::int64_t{sample} * task.size();
  Quad quad(task, number);
  quad.load(task.images + before);
  for (; next < task.last; ++next) {
    const FilterStep& step = task.step(sample, next);
    switch (step.kind) {
      case FilterKind::none:
      case FilterKind::sharpness:
      case FilterKind::gaussian_blur:
      case FilterKind::motion_blur:
      case FilterKind::jpeg:
        break;
      case FilterKind::erase:
      case FilterKind::grid:
        erase(task, step, quad);
        break;
      case FilterKind::autocontrast:
      case FilterKind::equalize:
      case FilterKind::clahe:
        apply_table(task, sample, step, quad);
        break;
      case FilterKind::gaussian_noise:
        add_noise(task, step, quad);
        break;
      case FilterKind::salt_and_pepper:
        salt_and_pepper(task, step, quad);
        break;
    }
  }
  quad.store(task.images + before);
}

template <class T>
struct EraseMask {
  const FilterStep* steps;
  int count;
  T* masks;
  T value;
  Divisor by_pixels;
  Divisor by_width;
  std::int32_t channels;

  __device__ void operator()(std::uint32_t i) const {
    const std::uint32_t sample = by_pixels.quotient(i);
    const std::uint32_t pixel = i - sample * by_pixels.value();
    const std::uint32_t y = by_width.quotient(pixel);
    const std::uint32_t x = pixel - y * by_width.value();
    bool erased = false;
    for (int k = 0; k < count; ++k) {
      const FilterStep& step = steps[std::int64_t{sample} * count + k];
      erased = erased ||
               (erases_masks(step) && erases(step, static_cast<std::int32_t>(x),
                                             static_cast<std::int32_t>(y)));
    }
    if (!erased) return;
    T* const mask = masks + std::int64_t{i} * channels;
    for (std::int32_t c = 0; c < channels; ++c) mask[c] = value;
  }
};

bool stands_alone(const StepNeeds& needs) {
  return needs.neighbours || needs.histograms > 0 || needs.jpeg;
}

}  // namespace

void filter(const Filters& filters, const Tensor& images,
            const GpuMemory& gpu) {
  require_index("filter", images.spec());
  require_grid("filter", images.shape());
  const Shape& shape = images.shape();
  StepNeeds all;
  for (std::int64_t i = 0; i < filters.count; ++i) {
    all = all.either(filters.needs[i]);
  }
  Filtering task{.steps = gpu.copy_of(filters.steps),
                 .stencils = gpu.copy_of(filters.stencils),
                 .count = static_cast<int>(filters.count),
                 .range = filters.range,
                 .images = images.data<float>(),
                 .workspace = reinterpret_cast<float*>(gpu.workspace),
                 .tables = reinterpret_cast<ChannelTable*>(
                     gpu.workspace + neighbour_bytes(all, shape)),
                 .tables_a_channel = static_cast<std::int32_t>(all.histograms),
                 .height = static_cast<std::int32_t>(shape[1]),
                 .width = static_cast<std::int32_t>(shape[2]),
                 .channels = static_cast<std::int32_t>(shape[3]),
                 .by_channels = Divisor(shape[3]),
                 .by_width = Divisor(shape[2])};
  const auto samples = static_cast<unsigned>(shape[0]);
  const auto over = [&](std::int64_t threads) -> Grid {
    return {.blocks = dim3(static_cast<unsigned>(divide_up(threads, kThreads)),
                           samples)};
  };
  const std::int64_t size = shape[1] * shape[2] * shape[3];
  const Grid over_values = over(size);
  const Grid over_quads = over(divide_up(size, kQuad));
  const KernelArguments call{.inputs = {}, .outputs = {}, .stream = stream()};
  while (task.last < task.count) {
    task.first = task.last++;
    const StepNeeds& needs = filters.needs[task.first];
    if (needs.histograms > 0) {
      make_tables(call, task, samples, needs.histograms);
    }
    if (needs.neighbours) {
      launch(call, over_values, stencil_kernel, task, false);
      launch(call, over_values, stencil_kernel, task, true);
    }
    while (task.last < task.count && !stands_alone(needs) &&
           !stands_alone(filters.needs[task.last])) {
      ++task.last;
    }
    if (needs.jpeg) {
      run_jpeg(call,
               {.steps = task.steps,
                .count = task.count,
                .step = task.first,
                .range = task.range,
                .images = task.images,
                .planes = reinterpret_cast<std::uint8_t*>(
                    gpu.workspace + neighbour_bytes(all, shape) +
                    table_bytes(all, shape)),
                .of_image = {task.height, task.width, task.channels}},
               samples);
    }
    launch(call, over_quads, filter_kernel, task);
  }
}

void erase_masks(const Filters& filters, float value, const Tensor& masks,
                 const GpuMemory& gpu) {
  require_index("erase_masks", masks.spec());
  const Shape& shape = masks.shape();
  const KernelArguments call{.inputs = {}, .outputs = {}, .stream = stream()};
  const auto run = [&](auto erased) {
    using T = decltype(erased);
    for_each(call, shape[0] * shape[1] * shape[2],
             EraseMask<T>{.steps = gpu.copy_of(filters.steps),
                          .count = static_cast<int>(filters.count),
                          .masks = masks.data<T>(),
                          .value = erased,
                          .by_pixels = Divisor(shape[1] * shape[2]),
                          .by_width = Divisor(shape[2]),
                          .channels = static_cast<std::int32_t>(shape[3])});
  };
  if (masks.dtype() == DType::uint8) {
    run(static_cast<std::uint8_t>(value));
  } else {
    run(value);
  }
}

}  // namespace lathe::cuda
