#include "apps/classifier_data.h"

#include "core/error.h"
#include "train/data/classification_folder.h"
#include "train/data/csv_dataset.h"
#include "train/data/idx_dataset.h"

namespace lathe::apps {
namespace {

using Data = std::shared_ptr<const train::ClassifiedSet>;

// The images to train on, or all there are.
Data open_all(const ClassifierOptions& o,
              const train::ClassifiedSetOptions& options) {
  if (!o.csv.empty()) {
    return std::make_shared<train::CsvDataset>(o.csv, options);
  }
  if (o.from_idx()) {
    return std::make_shared<train::IdxDataset>(o.idx, "train", options);
  }
  return std::make_shared<train::ClassificationFolder>(
      o.data.empty() ? o.train : o.data, options);
}

// Images that only validate; null where they come out of all.
Data open_validation(const ClassifierOptions& o,
                     const train::ClassifiedSetOptions& options) {
  if (!o.val.empty()) {
    return std::make_shared<train::ClassificationFolder>(o.val, options);
  }
  if (o.from_idx()) {
    return std::make_shared<train::IdxDataset>(o.idx, "t10k", options);
  }
  return nullptr;
}

}  // namespace

ClassifierData open_data(const ClassifierOptions& o) {
  train::ClassifiedSetOptions options{
      .size = {o.size, o.size}, .batch_size = o.batch, .limit = o.limit};
  const Data all = open_all(o, options);
  ClassifierData data;
  data.class_names = all->class_names();
  data.report = all->report();
  options.class_names = data.class_names;
  if (const Data validation = open_validation(o, options)) {
    data.train = all;
    data.validation = validation;
    data.report +=
        concat(" to train on; ", validation->report(), " to validate with");
  } else if (o.val_fraction > 0 && o.train.empty()) {
    const train::Split parts =
        train::stratified_split(all, o.val_fraction, o.seed);
    data.train = parts.train;
    data.validation = parts.validation;
    data.report += concat(": ", data.train->size(), " to train on, ",
                          data.validation->size(), " to validate with");
  } else {
    data.train = all;
  }
  keep_in_memory(data, o);
  return data;
}

}  // namespace lathe::apps
