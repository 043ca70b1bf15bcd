#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/cli.h"
#include "apps/training_options.h"

namespace lathe::apps {

/// An application whose last option of a name wins.
void prepare(CLI::App& app, const std::string& name);

/// Adds the options with their present values as defaults. `places` are the
/// values that --augment-at takes.
void add_options(CLI::App& app, TrainingOptions& options,
                 const std::string& size_help,
                 const std::vector<std::string>& places);

/// Reads the command line, and what --config names, into what the app's options
/// are bound to. Returns the exit code where the program is to end at once:
/// after --help, or on wrong usage, which it explains on standard error.
/// `wrong` says what is wrong with a combination of options, or nothing.
std::optional<int> parse(
    CLI::App& app, int count, const char* const* arguments,
    const std::function<std::string()>& wrong = [] { return std::string(); });
/// The same for a training program.
std::optional<int> parse(CLI::App& app, int count, const char* const* arguments,
                         TrainingOptions& options,
                         const std::function<std::string()>& wrong);

}  // namespace lathe::apps
