// Images a second of augmentation pipelines: batches of 16 images (uint8, 3
// channels) to float32, with --masks also masks. A line each: PIPELINE, a tab,
// images a second.
// usage: benchmark_augmentation [--size N] [--threads N] [--masks] [--exact]
//                               [PIPELINE ...]

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <string>
#include <vector>

#include "augment/parse.h"
#include "core/parallel.h"
#include "core/philox.h"

namespace {

using lathe::DType;
using lathe::Tensor;
namespace augment = lathe::augment;

constexpr std::int64_t kSamples = 16;

// Smooth for 16 pixels, as photographs are: what a histogram or a codec does
// depends on it.
Tensor scenes(const lathe::Shape& shape) {
  constexpr std::int64_t kFlat = 16;
  Tensor tensor(shape, DType::uint8);
  std::uint8_t* value = tensor.data<std::uint8_t>();
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    for (std::int64_t y = 0; y < shape[1]; ++y) {
      for (std::int64_t x = 0; x < shape[2]; ++x) {
        for (std::int64_t c = 0; c < shape[3]; ++c) {
          lathe::Philox random(
              {.epoch = static_cast<std::uint32_t>(y / kFlat),
               .sample = static_cast<std::uint32_t>(n),
               .operation = static_cast<std::uint32_t>(x / kFlat * 4 + c)});
          *value++ = static_cast<std::uint8_t>(random.below(256));
        }
      }
    }
  }
  return tensor;
}

/// The best of three runs of 0.3 s.
double images_per_second(const augment::Pipeline& pipeline,
                         const augment::Targets& input,
                         const augment::Output& output) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::uint32_t> ids(kSamples);
  std::iota(ids.begin(), ids.end(), 0U);
  augment::Workspace workspace;
  double best = 0;
  std::uint32_t epoch = 0;
  for (int run = 0; run < 3; ++run) {
    const auto start = Clock::now();
    std::int64_t images = 0;
    double seconds = 0;
    while (seconds < 0.3) {
      pipeline.apply(input, {.seed = 1, .epoch = epoch++, .sample_ids = ids},
                     output, workspace);
      images += kSamples;
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    }
    best = std::max(best, static_cast<double>(images) / seconds);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app;
  std::int64_t size = 224;
  int threads = lathe::thread_count();
  bool with_masks = false;
  bool exact = false;
  std::vector<std::string> pipelines{"flip,rotation=0.1,zoom=0.2"};
  app.add_option("--size", size);
  app.add_option("--threads", threads);
  app.add_flag("--masks", with_masks);
  app.add_flag("--exact", exact);
  app.add_option("PIPELINE", pipelines);
  CLI11_PARSE(app, argc, argv);

  lathe::set_thread_count(threads);
  augment::Targets input{.images = scenes({kSamples, size, size, 3}),
                         .masks = {}};
  augment::Output output{.images = {}, .masks = {}};
  for (const std::string& text : pipelines) {
    const augment::Pipeline pipeline = augment::parse(
        text,
        {.fusion = exact ? augment::Fusion::exact : augment::Fusion::single});
    const augment::ImageSize to =
        pipeline.output_size({.height = size, .width = size});
    output.images = Tensor({kSamples, to.height, to.width, 3});
    if (with_masks || pipeline.needs_masks()) {
      input.masks = scenes({kSamples, size, size, 1});
      output.masks = Tensor({kSamples, to.height, to.width, 1}, DType::uint8);
    }
    std::printf("%s\t%.1f\n", text.c_str(),
                images_per_second(pipeline, input, output));
    std::fflush(stdout);
  }
}
