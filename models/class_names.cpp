#include <nlohmann/json.hpp>

#include "core/error.h"
#include "models/model_state.h"

namespace lathe::models {

const std::vector<std::string>& Model::class_names() const {
  return state_->class_names;
}

void Model::set_class_names(std::vector<std::string> names) {
  const std::int64_t channels = output_shape().back();
  const auto expected = static_cast<std::size_t>(channels == 1 ? 2 : channels);
  if (!names.empty() && names.size() != expected) {
    fail("model '", name(), "': there are ", names.size(),
         " class names for an output of shape ", output_shape(), "; it needs ",
         expected);
  }
  for (const std::string& one : names) {
    try {
      static_cast<void>(nlohmann::json(one).dump());
    } catch (const nlohmann::json::exception&) {
      fail("model '", this->name(), "': the class name '", one,
           "' is no UTF-8, in which files keep names");
    }
  }
  state_->class_names = std::move(names);
}

}  // namespace lathe::models
