#include "train/callbacks/csv_logger.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/plain_text.h"
#include "train/trainer.h"

namespace lathe::train {

CsvFile::CsvFile(std::filesystem::path path) : path_(std::move(path)) {}

void CsvFile::open(const std::vector<std::string>& header,
                   std::int64_t last_kept) {
  std::string text;
  for (const std::string& name : header) {
    text += (text.empty() ? "" : ",") + name;
  }
  text += '\n';
  if (last_kept > 0) {
    std::ifstream old(path_);
    std::string line;
    std::getline(old, line);
    while (std::getline(old, line)) {
      std::int64_t number = 0;
      const auto [end, error] =
          std::from_chars(line.data(), line.data() + line.size(), number);
      if (error == std::errc() && number <= last_kept) {
        text += line + '\n';
      }
    }
  }
  if (path_.has_parent_path()) {
    std::filesystem::create_directories(path_.parent_path());
  }
  write_atomically(path_, text);
  file_.reset(std::fopen(path_.c_str(), "a"));
  if (!file_) {
    fail(path_.string(), ": can't be written: ", std::strerror(errno));
  }
}

void CsvFile::write(const std::vector<double>& row) {
  PlainText text;
  text.precision(9);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) text << ',';
    text << row[i];
  }
  text << '\n';
  const std::string line = text.str();
  if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() ||
      std::fflush(file_.get()) != 0) {
    fail(path_.string(), ": can't be written: ", std::strerror(errno));
  }
}

void CSVLogger::on_train_begin(Trainer& trainer) {
  kept_ = trainer.position().epoch;
}

void CSVLogger::on_epoch_end(Trainer&, const EpochReport& report) {
  if (!open_) {
    std::vector<std::string> header{"epoch", "seconds"};
    for (const auto& [name, value] : report.logs) header.push_back(name);
    file_.open(header, kept_);
    open_ = true;
  }
  std::vector<double> row{static_cast<double>(report.epoch), report.seconds};
  for (const auto& [name, value] : report.logs) row.push_back(value);
  file_.write(row);
}

void StepsLogger::on_train_begin(Trainer& trainer) {
  file_.open({"step", "epoch", "loss", "milliseconds", "waiting_milliseconds",
              "augmentation_milliseconds", "learning_rate"},
             trainer.position().step);
}

void StepsLogger::on_step_end(Trainer&, const StepReport& report) {
  file_.write({static_cast<double>(report.step),
               static_cast<double>(report.epoch), report.loss,
               report.milliseconds, report.waiting_milliseconds,
               report.augmentation_milliseconds, report.learning_rate});
}

}  // namespace lathe::train
