// Writes a model for programs that run ONNX.
#include "models/export_onnx.h"

#include "apps/export_options.h"
#include "core/error.h"
#include "models/keras_file.h"

namespace lathe::apps {
namespace {

std::string shapes_of(const std::vector<layers::Symbol>& symbols) {
  std::string text;
  for (const layers::Symbol& symbol : symbols) {
    text += concat(text.empty() ? "" : ", ", symbol.call()->layer->name());
    for (std::size_t axis = 0; axis < symbol.shape().rank(); ++axis) {
      text += axis == 0 ? " (N" : concat(", ", symbol.shape()[axis]);
    }
    text += ')';
  }
  return text;
}

std::string run(const ExportOptions& options) {
  const models::Model model = models::load(options.model);
  models::export_onnx(model, options.output);
  return concat("from ", shapes_of(model.inputs()), " to ",
                shapes_of(model.outputs()), ", float32; pixels of 0 to 255 ",
                "times ", models::input_scale(model));
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  return run_export("export_onnx",
                    "Writes a model's inference as ONNX, for any batch size.",
                    "The .onnx file", count, arguments, run);
}
