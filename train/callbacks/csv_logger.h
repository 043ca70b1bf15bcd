#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "train/callback.h"

namespace lathe::train {

/// Writes a table line by line, each on disk once it is written. A run that
/// goes on keeps the rows up to where it had come and writes the rest anew.
class CsvFile {
 public:
  explicit CsvFile(std::filesystem::path path);

  /// Starts the file with this header, keeping rows of the old file whose first
  /// number is at most `last_kept`.
  void open(const std::vector<std::string>& header, std::int64_t last_kept);
  void write(const std::vector<double>& row);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

/// A row an epoch: epoch, seconds, loss, metrics, and those of the validation.
class CSVLogger : public Callback {
 public:
  explicit CSVLogger(std::filesystem::path path) : file_(std::move(path)) {}
  void on_train_begin(Trainer& trainer) override;
  void on_epoch_end(Trainer& trainer, const EpochReport& report) override;

 private:
  CsvFile file_;
  std::int64_t kept_ = 0;
  bool open_ = false;
};

/// A row a step: step, epoch, loss, milliseconds of the step, of it spent
/// waiting for data, and in augmentation, and the learning rate.
class StepsLogger : public Callback {
 public:
  explicit StepsLogger(std::filesystem::path path) : file_(std::move(path)) {}
  void on_train_begin(Trainer& trainer) override;
  void on_step_end(Trainer& trainer, const StepReport& report) override;

 private:
  CsvFile file_;
};

}  // namespace lathe::train
