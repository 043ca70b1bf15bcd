#include "train/callbacks/model_checkpoint.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <regex>

#include "core/error.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

std::string format_integer(std::int64_t value, const std::string& format) {
  static const std::regex known("(0?)([0-9]*)d?");
  std::smatch match;
  if (!std::regex_match(format, match, known)) {
    fail("checkpoint: the format ':", format,
         "' is not an integer's, such as :02d");
  }
  const int width = match[2].length() == 0 ? 0 : std::stoi(match[2].str());
  char text[64];
  std::snprintf(text, sizeof(text), match[1].length() > 0 ? "%0*lld" : "%*lld",
                std::min(width, 40), static_cast<long long>(value));
  return text;
}

std::string format_number(double value, const std::string& format) {
  static const std::regex known("\\.?([0-9]*)([feg]?)");
  std::smatch match;
  if (!std::regex_match(format, match, known)) {
    fail("checkpoint: the format ':", format,
         "' is not a number's, such as :.3f");
  }
  const int digits = match[1].length() == 0 ? 6 : std::stoi(match[1].str());
  const std::string kind = match[2].length() == 0 ? "f" : match[2].str();
  // As printf, but in every locale the same.
  std::array<char, 400> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 kind == "f"   ? std::chars_format::fixed
                                 : kind == "e" ? std::chars_format::scientific
                                               : std::chars_format::general,
                                 std::min(digits, 40));
  return {text.data(), end.ptr};
}

}  // namespace

std::string fill_in(const std::string& pattern, std::int64_t epoch,
                    const Logs& logs) {
  std::string result;
  std::size_t at = 0;
  while (at < pattern.size()) {
    const std::size_t open = pattern.find('{', at);
    result += pattern.substr(at, open - at);
    if (open == std::string::npos) break;
    const std::size_t close = pattern.find('}', open);
    if (close == std::string::npos) {
      fail("checkpoint: '", pattern, "' has a { without its }");
    }
    const std::string part = pattern.substr(open + 1, close - open - 1);
    const std::size_t colon = part.find(':');
    const std::string name = part.substr(0, colon);
    const std::string format =
        colon == std::string::npos ? "" : part.substr(colon + 1);
    result += name == "epoch" ? format_integer(epoch, format)
                              : format_number(log_value(logs, name), format);
    at = close + 1;
  }
  return result;
}

ModelCheckpoint::ModelCheckpoint(std::filesystem::path pattern,
                                 ModelCheckpointOptions options)
    : pattern_(std::move(pattern)),
      options_(std::move(options)),
      monitor_("checkpoint", options_.monitor, options_.mode) {}

void ModelCheckpoint::on_train_begin(Trainer& trainer) {
  for (const Logs& row : trainer.position().history) monitor_.improves(row);
}

void ModelCheckpoint::on_epoch_end(Trainer& trainer,
                                   const EpochReport& report) {
  const bool better = monitor_.improves(report.logs);
  if (options_.save_best_only && !better) return;
  const std::filesystem::path path =
      fill_in(pattern_.string(), report.epoch, report.logs);
  if (path.has_parent_path()) {
    std::filesystem::create_directories(path.parent_path());
  }
  trainer.save(path);
  last_saved_ = path;
}

}  // namespace lathe::train
