#include <algorithm>
#include <chrono>
#include <cstdio>

#include "apps/exit_code.h"
#include "apps/model_output.h"
#include "apps/prediction_profiler.h"
#include "apps/predictor.h"
#include "apps/tile_predictor.h"
#include "core/error.h"
#include "core/image/read_image.h"
#include "core/image/resize.h"
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

void require_fitting(const models::Model& model,
                     const PredictOptions& options) {
  const Shape& shape = model.input_shape();
  const Shape& output = model.output_shape();
  const std::size_t rank = output.rank();
  const std::string name = options.model.string();
  if (shape.rank() != 4 || shape[3] != 3 || shape[1] < 1 || shape[2] < 1 ||
      (rank != 4 && rank != 2)) {
    fail(name, ": takes ", shape, " and gives ", output,
         "; predict is for models from photographs to masks or classes");
  }
  if (rank == 2 && (options.overlay || options.probabilities)) {
    fail("--overlay and --probabilities are for models of masks; ", name,
         " tells ", output.back(), " classes apart");
  }
  if (options.probabilities && output.back() > 1) {
    fail("--probabilities is for models of one class; ", name, " has ",
         output.back());
  }
}

// Predicts some photographs in a batch of `batch`, for which the model is
// compiled already if others came before.
void predict(std::span<const fs::path> files, std::int64_t batch,
             const models::Model& model, const PredictOptions& options,
             PredictionProfiler* profiler, Predictor& predictor) {
  const auto count = static_cast<std::int64_t>(files.size());
  const Shape size{model.input_shape()[1], model.input_shape()[2], 3};
  const Tensor images({batch, size[0], size[1], 3}, DType::uint8);
  std::ranges::fill(images.values<std::uint8_t>(), std::uint8_t{0});
  std::vector<Tensor> originals;
  if (profiler != nullptr) profiler->begin_reading();
  for (std::int64_t i = 0; i < count; ++i) {
    originals.push_back(image::read_image(files[static_cast<std::size_t>(i)]));
    image::resize_bilinear(originals.back(), images.rows(i, 1).reshaped(size));
  }
  models::PredictOptions compiled = options.predict_options();
  if (profiler != nullptr) {
    profiler->end_reading();
    compiled.run = [=](Executable& executable) { profiler->run(executable); };
  }
  const Tensor output =
      probabilities_of(model, images, compiled, options.tta == "flips");
  const Shape& shape = output.shape();
  const Shape one(std::vector<std::int64_t>(shape.begin() + 1, shape.end()));
  for (std::int64_t i = 0; i < count; ++i) {
    predictor.write(files[static_cast<std::size_t>(i)],
                    originals[static_cast<std::size_t>(i)],
                    output.rows(i, 1).reshaped(one));
  }
}

// Predicts all, resized to the model's size; says what was written.
std::string predict_whole(const std::vector<fs::path>& files,
                          const models::Model& model,
                          const PredictOptions& options,
                          PredictionProfiler* profiler) {
  const auto predictor =
      model.output_shape().rank() == 4
          ? make_mask_predictor(options, MaskNames(options, files), model)
          : make_class_predictor(options, model);
  const auto batch =
      std::min(static_cast<std::size_t>(options.batch), files.size());
  for (std::size_t first = 0; first < files.size(); first += batch) {
    const std::size_t count = std::min(batch, files.size() - first);
    predict(std::span(files).subspan(first, count),
            static_cast<std::int64_t>(batch), model, options, profiler,
            *predictor);
  }
  return predictor->summary();
}

int run(const PredictOptions& options) {
  options.set_threads();
  const std::vector<fs::path> files = find_images(options.input);
  const models::Model model = models::load(options.model);
  require_fitting(model, options);
  std::optional<TilePredictor> tiles;
  if (options.tiled()) tiles.emplace(options, MaskNames(options, files), model);
  fs::create_directories(options.output);
  std::optional<PredictionProfiler> profiler;
  if (options.profile) {
    const auto batch = static_cast<std::size_t>(options.batch);
    const std::size_t batches = (files.size() + batch - 1) / batch;
    profiler.emplace(options.output / "trace.json",
                     static_cast<std::int64_t>(std::min(kPlain, batches / 2)),
                     measure_peaks(device_from(options.device),
                                   precision_from(options.precision)));
  }
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    const std::chrono::duration<double> passed =
        std::chrono::steady_clock::now() - start;
    return passed.count();
  };
  if (tiles) {
    std::function<void(Executable&)> run;
    if (profiler) run = [&](Executable& e) { profiler->run(e); };
    for (const fs::path& file : files) tiles->predict(file, run);
    std::printf("%zu masks in %s, %.2f megapixels/s\n", files.size(),
                options.output.c_str(), tiles->megapixels() / seconds());
  } else {
    const std::string written =
        predict_whole(files, model, options, profiler ? &*profiler : nullptr);
    std::printf("%s in %s, %.1f images/s\n", written.c_str(),
                options.output.c_str(),
                static_cast<double>(files.size()) / seconds());
  }
  if (profiler) profiler->report();
  return ExitCode::done;
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  PredictOptions options;
  if (const auto code = parse(count, arguments, options)) return *code;
  return run_or_explain([&] { return run(options); });
}
