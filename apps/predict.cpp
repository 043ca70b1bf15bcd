#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "apps/command_line.h"
#include "apps/exit_code.h"
#include "apps/prediction_profiler.h"
#include "apps/predictor.h"
#include "core/error.h"
#include "core/image/read_image.h"
#include "core/image/resize.h"
#include "core/parallel.h"
#include "models/keras_file.h"

namespace lathe::apps {
namespace {

namespace fs = std::filesystem;

// Batches that run before one is measured, while threads and caches come to
// rest; at most half of all.
constexpr std::size_t kPlain = 3;

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

// Masks where the output is an image's, classes where it is a row of numbers.
std::unique_ptr<Predictor> make_predictor(const PredictOptions& options,
                                          const models::Model& model) {
  const Shape& shape = model.input_shape();
  const std::size_t rank = model.output_shape().rank();
  if (shape.rank() != 4 || shape[3] != 3 || shape[1] < 1 || shape[2] < 1 ||
      (rank != 4 && rank != 2)) {
    fail(options.model.string(), ": takes ", shape, " and gives ",
         model.output_shape(),
         "; predict is for models from photographs to masks or classes");
  }
  return rank == 4 ? make_mask_predictor(options, model)
                   : make_class_predictor(options, model);
}

// Predicts a batch of photographs.
void predict(std::span<const fs::path> files, const models::Model& model,
             const PredictOptions& options, PredictionProfiler* profiler,
             Predictor& predictor) {
  const auto count = static_cast<std::int64_t>(files.size());
  const Shape size{model.input_shape()[1], model.input_shape()[2], 3};
  const Tensor images({count, size[0], size[1], 3}, DType::uint8);
  std::vector<Tensor> originals;
  if (profiler != nullptr) profiler->begin_reading();
  for (std::int64_t i = 0; i < count; ++i) {
    originals.push_back(image::read_image(files[static_cast<std::size_t>(i)]));
    image::resize_bilinear(originals.back(), images.rows(i, 1).reshaped(size));
  }
  models::PredictOptions compiled{
      .batch_size = std::min(options.batch, count),
      .device = device_from(options.device),
      .precision = precision_from(options.precision)};
  if (profiler != nullptr) {
    profiler->end_reading();
    compiled.run = [=](Executable& executable) { profiler->run(executable); };
  }
  const Tensor output = model.predict(images, compiled);
  const Shape& shape = output.shape();
  const Shape one(std::vector<std::int64_t>(shape.begin() + 1, shape.end()));
  for (std::int64_t i = 0; i < count; ++i) {
    predictor.write(files[static_cast<std::size_t>(i)],
                    originals[static_cast<std::size_t>(i)],
                    output.rows(i, 1).reshaped(one));
  }
}

int run(const PredictOptions& options) {
  if (options.threads > 0) set_thread_count(options.threads);
  const std::vector<fs::path> files = find_images(options.input);
  const models::Model model = models::load(options.model);
  fs::create_directories(options.output);
  const auto predictor = make_predictor(options, model);
  const auto batch = static_cast<std::size_t>(options.batch);
  std::optional<PredictionProfiler> profiler;
  if (options.profile) {
    const std::size_t batches = (files.size() + batch - 1) / batch;
    profiler.emplace(options.output / "trace.json",
                     static_cast<std::int64_t>(std::min(kPlain, batches / 2)),
                     measure_peaks(device_from(options.device),
                                   precision_from(options.precision)));
  }
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t first = 0; first < files.size(); first += batch) {
    const std::size_t count = std::min(batch, files.size() - first);
    predict(std::span(files).subspan(first, count), model, options,
            profiler ? &*profiler : nullptr, *predictor);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  std::printf("%s in %s, %.1f images/s\n", predictor->summary().c_str(),
              options.output.c_str(),
              static_cast<double>(files.size()) / seconds);
  if (profiler) profiler->report();
  return ExitCode::done;
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  PredictOptions o;
  CLI::App app{
      "Predicts the masks of photographs with a segmentation model, or their "
      "classes with a classifier."};
  prepare(app, "predict");
  app.add_option("--model", o.model, "The .keras file")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--input", o.input, "A photograph or a folder of them")
      ->required()
      ->check(CLI::ExistingPath);
  app.add_option("--output", o.output,
                 "Folder for the masks or for predictions.csv")
      ->required();
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
  app.add_option("--precision", o.precision,
                 "fp32; tf32, on a GPU; or bf16, which stores activations in "
                 "16 bits")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}))
      ->capture_default_str();
  app.add_option("--threads", o.threads,
                 "Threads that compute; all cores where left out")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--profile", o.profile,
               "Time every operation of 20 batches; prints tables and writes "
               "trace.json");
  if (const auto code = parse(app, count, arguments)) return *code;
  return run_or_explain([&] { return run(o); });
}
