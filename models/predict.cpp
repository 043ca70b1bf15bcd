#include "models/predict.h"

#include <algorithm>

#include "augment/layer.h"
#include "core/error.h"
#include "core/graph/passes/passes.h"
#include "core/parallel.h"
#include "models/model_state.h"

namespace lathe::models {
namespace {

constexpr std::int64_t kConversionGrain = 1 << 15;

// Writes images into an executable's input, as float32 times `scale` where
// they are uint8.
void write_images(const Tensor& images, const Tensor& input, float scale) {
  if (images.dtype() == DType::float32) {
    input.copy_from(images);
    return;
  }
  const auto* from = images.data<std::uint8_t>();
  auto* to = input.data<float>();
  parallel_ranges(images.elements(), kConversionGrain,
                  [=](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t i = begin; i < end; ++i) {
                      to[i] = static_cast<float>(from[i]) * scale;
                    }
                  });
}

bool augments(const layers::Definition& layer) {
  return augment::layer_factories().count(layer.class_name()) != 0;
}

}  // namespace

float input_scale(const Model& model) {
  for (const auto& layer : model.flat_layers()) {
    if (layer->class_name() == "InputLayer" || augments(*layer)) continue;
    const bool rescales = layer->class_name() == "Rescaling" ||
                          layer->class_name() == "Normalization";
    return rescales ? 1.0F : 1.0F / 255;
  }
  return 1.0F / 255;
}

Tensor Model::predict(const Tensor& images,
                      const PredictOptions& options) const {
  Shape expected = input_shape();
  const Shape& shape = images.shape();
  if (shape.rank() > 0) expected[0] = shape[0];
  if (shape != expected || shape[0] < 1 ||
      (images.dtype() != DType::uint8 && images.dtype() != DType::float32)) {
    fail("predict: the images are ", images.spec(), "; model '", name(),
         "' takes uint8 or float32 ", input_shape());
  }
  if (options.batch_size < 1) {
    fail("predict: batch_size is ", options.batch_size,
         "; it must be at least 1");
  }
  const std::int64_t count = shape[0];
  const std::int64_t batch = std::min(options.batch_size, count);
  std::unique_ptr<Executable>& executable =
      state_->executables[{options.device, options.precision, batch}];
  if (!executable) {
    LoweredModel lowered = lower({.batch = batch});
    lowered.graph.mark_output("prediction", lowered.outputs.at(0));
    graph::run_passes(lowered.graph, graph::forward_passes(options.device), {});
    CompileOptions compile;
    compile.device = options.device;
    compile.precision = options.precision;
    executable = std::make_unique<Executable>(
        std::move(lowered.graph), std::move(lowered.bindings), compile);
  }
  const Tensor input = executable->input(inputs()[0].call()->layer->name());
  const Tensor output = executable->output("prediction");
  Shape result_shape = output.shape();
  result_shape[0] = count;
  const Tensor result(result_shape);
  const float scale = input_scale(*this);
  for (std::int64_t first = 0; first < count; first += batch) {
    const std::int64_t rows = std::min(batch, count - first);
    // What earlier images left in the rows after the last is computed too, and
    // not used: in inference no row depends on another.
    write_images(images.rows(first, rows), input.rows(0, rows), scale);
    if (options.run) {
      options.run(*executable);
    } else {
      executable->run();
    }
    result.rows(first, rows).copy_from(output.rows(0, rows));
  }
  return result;
}

}  // namespace lathe::models
