#pragma once

#include <memory>
#include <vector>

#include "apps/html_report.h"
#include "apps/training_data.h"
#include "train/callbacks/model_checkpoint.h"

namespace lathe::apps {

/// Whether the targets are masks rather than classes.
bool of_masks(const TrainingData& data);

/// Adds the callbacks that write and show, in the order in which they come
/// after each other. Returns the last of them, which is to be finished.
std::shared_ptr<HtmlReport> add_loggers(
    std::vector<train::AnyCallback>& callbacks,
    const std::shared_ptr<train::ModelCheckpoint>& checkpoint,
    const TrainingData& data, const TrainingOptions& options,
    HtmlReportOptions report_options);

}  // namespace lathe::apps
