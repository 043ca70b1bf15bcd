#include "apps/export_options.h"

#include <cstdio>

#include "apps/config_file.h"
#include "apps/exit_code.h"

namespace lathe::apps {

int run_export(const std::string& program, const std::string& description,
               const std::string& output_help, int count,
               const char* const* arguments,
               const std::function<std::string(const ExportOptions&)>& work) {
  ExportOptions options;
  CLI::App app{description};
  app.name(program);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.add_option("--model", options.model, "The .keras file")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--output", options.output, output_help)->required();
  try {
    parse_with_config(app, count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::done : ExitCode::wrong_usage;
  }
  return run_or_explain([&] {
    const std::string line = work(options);
    std::printf("%s: %s\n", options.output.c_str(), line.c_str());
    return ExitCode::done;
  });
}

}  // namespace lathe::apps
