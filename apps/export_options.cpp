#include "apps/export_options.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "apps/command_line.h"
#include "apps/exit_code.h"

namespace lathe::apps {

int run_export(const std::string& program, const std::string& description,
               const std::string& output_help, int count,
               const char* const* arguments,
               const std::function<std::string(const ExportOptions&)>& work) {
  ExportOptions options;
  CLI::App app{description};
  prepare(app, program);
  app.add_option("--model", options.model, "The .keras file")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--output", options.output, output_help)->required();
  if (const auto code = parse(app, count, arguments)) return *code;
  return run_or_explain([&] {
    const std::string line = work(options);
    std::printf("%s: %s\n", options.output.c_str(), line.c_str());
    return ExitCode::done;
  });
}

}  // namespace lathe::apps
