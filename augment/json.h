#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "augment/pipeline.h"

namespace lathe::augment {

/// A pipeline's operations as JSON: a list of objects with the operation's
/// name, the options that are not at their defaults, and the children of a
/// group, such as
///   [{"name": "flip", "mode": "horizontal"},
///    {"name": "one_of", "p": 0.5,
///     "operations": [{"name": "rotation", "factor": [-0.1, 0.2]},
///                    {"name": "invert", "p": 1}]}]
nlohmann::ordered_json to_json(const Pipeline& pipeline);

/// The pipeline of such a list, in JSON's text. An operation may have an option
/// p as in parse(). Throws Error naming the operation and what it could be.
Pipeline from_json(std::string_view text, PipelineOptions options = {});

/// The pipeline that a person asked for: of a file of such JSON where the text
/// ends in ".json", else parse()'s. Throws Error naming the file.
Pipeline read_pipeline(const std::string& text, PipelineOptions options = {});

/// An option's text as JSON: "-0.1:0.2" as [-0.1, 0.2], "0.1" as 0.1, "none" as
/// null, "true" as true, and the rest as strings.
nlohmann::json option_json(std::string_view text);
/// The text that option_json() turns back.
std::string option_text(const nlohmann::json& value);

}  // namespace lathe::augment
