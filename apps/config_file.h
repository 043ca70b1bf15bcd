#pragma once

#include <string>

#include "apps/cli.h"

namespace lathe::apps {

/// Adds --config, a TOML file with an option a line, and reads the command
/// line, whose options count more than the file's. Throws CLI::ParseError as
/// CLI::App::parse does; what it says of the file names its line and the key.
void parse_with_config(CLI::App& app, int count, const char* const* arguments);

/// All options but --help, --config and --summary with their values, a JSON
/// object's text: numbers, truth values and texts.
std::string options_json(const CLI::App& app);

/// The same as lines of such a file.
std::string config_of(const std::string& options_json);

}  // namespace lathe::apps
