#pragma once

#include <filesystem>

#include "train/data/classified_set.h"

namespace lathe::train {

/// The images that a CSV names: path and label in its first two columns, others
/// are left alone. Paths are relative to the CSV's folder. A first row whose
/// path is neither a file nor an image's name is a header. Labels are names,
/// sorted as text, or as numbers where all are numbers; samples are in the
/// order of the rows.
class CsvDataset : public ClassifiedFiles {
 public:
  /// Throws Error naming the file and the row (from 1, the header and empty
  /// lines included) that names no file, has no label, or one that is none of
  /// the class names given.
  explicit CsvDataset(const std::filesystem::path& file,
                      ClassifiedSetOptions options = {});
};

}  // namespace lathe::train
