// Writes a model's weights alone.
#include "apps/export_options.h"
#include "core/error.h"
#include "models/keras_file.h"
#include "models/load_weights.h"

namespace lathe::apps {
namespace {

std::string run(const ExportOptions& options) {
  const models::Model model = models::load(options.model);
  models::save_weights(model, options.output);
  return concat(model.weights().size(), " weights, ", model.count_params(),
                " parameters");
}

}  // namespace
}  // namespace lathe::apps

int main(int count, char** arguments) {
  using namespace lathe::apps;
  return run_export("export_weights",
                    "Writes the weights of a model, which --init and --weights "
                    "read.",
                    "The .safetensors or .weights.h5 file", count, arguments,
                    run);
}
