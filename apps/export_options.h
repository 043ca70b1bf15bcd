#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace lathe::apps {

/// The files that export_onnx and export_weights read and write.
struct ExportOptions {
  std::filesystem::path model;
  std::filesystem::path output;
};

/// Parses --model and --output and does the work, which returns what was
/// written, a line to print. Returns the program's exit code.
int run_export(const std::string& program, const std::string& description,
               const std::string& output_help, int count,
               const char* const* arguments,
               const std::function<std::string(const ExportOptions&)>& work);

}  // namespace lathe::apps
