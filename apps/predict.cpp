#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>

#include "apps/exit_code.h"
#include "core/error.h"
#include "core/image/read_image.h"
#include "core/image/resize.h"
#include "core/image/write_image.h"
#include "core/parallel.h"
#include "models/keras_file.h"
#include "train/callbacks/pictures.h"
#include "train/report/samples.h"

namespace lathe::apps {
namespace {

namespace fs = std::filesystem;

struct PredictOptions {
  fs::path model;
  fs::path input;
  fs::path output;
  bool overlay = false;
  bool probabilities = false;
  double threshold = 0.5;
  std::int64_t batch = 16;
  std::string device = "auto";
  int threads = 0;
};

std::vector<fs::path> find_images(const fs::path& input) {
  if (!fs::is_directory(input)) return {input};
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(input)) {
    const fs::path& path = entry.path();
    if (entry.is_regular_file() && image::is_image_name(path) &&
        !path.filename().string().starts_with('.')) {
      files.push_back(path);
    }
  }
  if (files.empty()) fail(input.string(), ": holds no images");
  std::sort(files.begin(), files.end());
  return files;
}

// Probabilities (H, W, 1) as grey levels.
Tensor to_bytes(const Tensor& output) {
  const Tensor bytes(output.shape(), DType::uint8);
  const float* value = output.data<float>();
  for (std::uint8_t& byte : bytes.values<std::uint8_t>()) {
    byte = static_cast<std::uint8_t>(
        std::lround(255 * std::clamp(*value++, 0.0F, 1.0F)));
  }
  return bytes;
}

// Masks of one class are written as 0 and 255, so that they can be looked at.
Tensor stretched(const Tensor& mask) {
  const Tensor result = mask.clone();
  for (std::uint8_t& value : result.values<std::uint8_t>()) {
    value = value != 0 ? 255 : 0;
  }
  return result;
}

class Predictor {
 public:
  explicit Predictor(const PredictOptions& options)
      : options_(options), model_(models::load(options.model)) {
    const Shape& shape = model_.input_shape();
    if (shape.rank() != 4 || shape[3] != 3 || shape[1] < 1 || shape[2] < 1 ||
        model_.output_shape().rank() != 4) {
      fail(options.model.string(), ": takes ", shape, " and gives ",
           model_.output_shape(),
           "; predict is for models from images to masks");
    }
    height_ = shape[1];
    width_ = shape[2];
    classes_ = model_.output_shape().back();
    if (options.probabilities && classes_ > 1) {
      fail("--probabilities is for models of one class; this has ", classes_);
    }
  }

  void run(std::span<const fs::path> files) {
    std::vector<Tensor> originals;
    const auto count = static_cast<std::int64_t>(files.size());
    const Tensor images({count, height_, width_, 3}, DType::uint8);
    for (std::int64_t i = 0; i < count; ++i) {
      originals.push_back(
          image::read_image(files[static_cast<std::size_t>(i)]));
      image::resize_bilinear(originals.back(),
                             images.rows(i, 1).reshaped({height_, width_, 3}));
    }
    const Tensor output =
        model_.predict(images, {.batch_size = std::min(options_.batch, count),
                                .device = device_from(options_.device)});
    for (std::int64_t i = 0; i < count; ++i) {
      write(files[static_cast<std::size_t>(i)],
            originals[static_cast<std::size_t>(i)],
            output.rows(i, 1).reshaped({height_, width_, classes_}));
    }
  }

 private:
  // At the photograph's own size: probabilities are enlarged smoothly and then
  // cut at the threshold, classes are enlarged as they are.
  void write(const fs::path& file, const Tensor& original,
             const Tensor& output) const {
    const Shape full{original.shape()[0], original.shape()[1], 1};
    const Tensor mask(full, DType::uint8);
    const std::string stem = file.stem().string();
    if (classes_ == 1) {
      const Tensor probabilities(full, DType::uint8);
      image::resize_bilinear(to_bytes(output), probabilities);
      const auto threshold = static_cast<float>(255 * options_.threshold);
      std::transform(probabilities.values<std::uint8_t>().begin(),
                     probabilities.values<std::uint8_t>().end(),
                     mask.data<std::uint8_t>(), [&](std::uint8_t value) {
                       return static_cast<float>(value) > threshold ? 1 : 0;
                     });
      if (options_.probabilities) {
        image::write_png(options_.output / (stem + "_probability.png"),
                         probabilities);
      }
    } else {
      image::resize_nearest(train::classes_of(output), mask);
    }
    image::write_png(options_.output / (stem + ".png"),
                     classes_ == 1 ? stretched(mask) : mask);
    if (options_.overlay) {
      image::write_png(options_.output / (stem + "_overlay.png"),
                       train::overlay(original, mask));
    }
  }

  const PredictOptions& options_;
  models::Model model_;
  std::int64_t height_ = 0;
  std::int64_t width_ = 0;
  std::int64_t classes_ = 1;
};

int run(const PredictOptions& options) {
  if (options.threads > 0) set_thread_count(options.threads);
  const std::vector<fs::path> files = find_images(options.input);
  Predictor predictor(options);
  fs::create_directories(options.output);
  const auto start = std::chrono::steady_clock::now();
  const auto batch = static_cast<std::size_t>(options.batch);
  for (std::size_t first = 0; first < files.size(); first += batch) {
    const std::size_t count = std::min(batch, files.size() - first);
    predictor.run(std::span(files).subspan(first, count));
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  std::printf("%zu masks in %s, %.1f images/s\n", files.size(),
              options.output.c_str(),
              static_cast<double>(files.size()) / seconds);
  return ExitCode::done;
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  PredictOptions o;
  CLI::App app{"Predicts masks of photographs with a segmentation model."};
  app.name("predict");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("--model", o.model, "The .keras file")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--input", o.input, "A photograph or a folder of them")
      ->required()
      ->check(CLI::ExistingPath);
  app.add_option("--output", o.output, "Folder for the masks")->required();
  app.add_flag("--overlay", o.overlay,
               "Also write the photographs tinted by their masks");
  app.add_flag("--probabilities", o.probabilities,
               "Also write the probabilities as grey levels");
  app.add_option("--threshold", o.threshold,
                 "Probability above which a pixel belongs to the object")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--batch", o.batch, "Photographs at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--device", o.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--threads", o.threads,
                 "Threads that compute; all cores where left out")
      ->check(CLI::NonNegativeNumber);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::done : ExitCode::wrong_usage;
  }
  try {
    return run(o);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return ExitCode::failed;
  }
}
