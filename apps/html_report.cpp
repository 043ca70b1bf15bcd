#include "apps/html_report.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/image/byte_order.h"
#include "core/read_file.h"
#include "train/callbacks/progress_bar.h"
#include "train/data/csv.h"
#include "train/report/html.h"
#include "train/report/html_page.h"
#include "train/trainer.h"

namespace lathe::apps {
namespace {

namespace fs = std::filesystem;
using train::escaped;

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  localtime_r(&time, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts);
  return text;
}

std::string file_picture(const fs::path& path) {
  // A PNG has its size here, the highest byte first.
  constexpr std::size_t kWidthAt = 16;
  if (!fs::exists(path)) return {};
  const std::string bytes = read_file(path);
  if (bytes.size() < kWidthAt + 8) return {};
  const auto extent = [&](std::size_t at) {
    return image::big_endian(
        {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
        at);
  };
  // "mistakes" becomes "Mistakes", and "precision_recall" two words.
  std::string title = path.stem().string();
  std::ranges::replace(title, '_', ' ');
  title[0] = static_cast<char>(std::toupper(title[0]));
  return concat(
      "<h3>", escaped(title), "</h3>\n<div class=\"paper\">",
      train::html_image(bytes, extent(kWidthAt), extent(kWidthAt + 4), title),
      "</div>\n");
}

}  // namespace

HtmlReport::HtmlReport(HtmlReportOptions options,
                       std::shared_ptr<ReportSamples> samples)
    : options_(std::move(options)), samples_(std::move(samples)) {
  fs::path named = options_.folder;
  if (named.filename().empty()) named = named.parent_path();
  name_ = named.filename().string();
}

void HtmlReport::on_train_begin(train::Trainer& trainer) {
  restore(trainer);
  write("preparing");
}

void HtmlReport::restore(const train::Trainer& trainer) {
  const train::Position& position = trainer.position();
  history_ = position.history;
  if (position.step == 0) return;
  read_steps();
  const fs::path path = options_.folder / "report.html";
  if (!fs::exists(path)) return;
  const std::string page = read_file(path);
  samples_->restore(page, position.epoch);
  time_ = time_in(page);
}

// StepsLogger has left the rows of steps that are not done again.
void HtmlReport::read_steps() {
  const auto rows = train::read_csv(options_.folder / "steps.csv");
  for (std::size_t i = 1; i < rows.size(); ++i) {
    std::vector<double> row;
    for (const std::string& cell : rows[i]) {
      double& value = row.emplace_back(std::nan(""));
      std::from_chars(cell.data(), cell.data() + cell.size(), value);
    }
    // Those of older files have no learning rate.
    if (row.size() < 5) continue;
    add_step(static_cast<std::int64_t>(row[0]), row[2], row[3], row[4],
             row.size() > 6 ? row[6] : std::nan(""));
  }
}

void HtmlReport::add_step(std::int64_t step, double loss, double milliseconds,
                          double waiting, double learning_rate) {
  steps_.loss.add(step, loss);
  steps_.milliseconds.add(step, milliseconds);
  steps_.waiting.add(step, waiting);
  steps_.learning_rate.add(step, learning_rate);
}

void HtmlReport::on_epoch_begin(train::Trainer&, std::int64_t, std::int64_t,
                                std::int64_t) {
  last_ = std::chrono::steady_clock::now();
}

void HtmlReport::on_step_end(train::Trainer&, const train::StepReport& report) {
  add_step(report.step, report.loss, report.milliseconds,
           report.waiting_milliseconds, report.learning_rate);
  const double inside =
      report.waiting_milliseconds + report.augmentation_milliseconds;
  time_.seconds[TimeSpent::waiting] += report.waiting_milliseconds / 1000;
  time_.seconds[TimeSpent::augmentation] +=
      report.augmentation_milliseconds / 1000;
  time_.seconds[TimeSpent::step] +=
      std::max(0.0, report.milliseconds - inside) / 1000;
  last_ = std::chrono::steady_clock::now();
}

void HtmlReport::on_epoch_end(train::Trainer& trainer,
                              const train::EpochReport& report) {
  history_ = trainer.position().history;
  time_.seconds[TimeSpent::validation] += report.validation_seconds;
  const std::chrono::duration<double> others =
      std::chrono::steady_clock::now() - last_;
  time_.seconds[TimeSpent::saving] +=
      std::max(0.0, others.count() - report.validation_seconds);
  write(concat("epoch ", report.epoch, " of ", report.epochs));
}

void HtmlReport::finish(const std::string& state,
                        const std::optional<ClassResults>& results) {
  if (results) {
    classes_ = classes_tables(results->counts, options_.class_names,
                              options_.of_masks);
    for (const fs::path& path : results->pictures) {
      classes_ += file_picture(path);
    }
  }
  write(state);
}

std::string HtmlReport::header(const std::string& state) const {
  const auto run = nlohmann::ordered_json::parse(options_.run);
  return concat(
      "<header>\n<h1>", escaped(name_), "<span class=\"state\">",
      escaped(state), "</span></h1>\n<p>",
      escaped(run.at("data").get<std::string>()), "</p>\n<p class=\"quiet\">",
      escaped(run.at("program").get<std::string>()), ", ", now(),
      time_.sum() > 0 ? concat(", after ", train::format_duration(time_.sum()))
                      : std::string(),
      "</p>\n</header>\n", number_tiles(history_));
}

void HtmlReport::write(const std::string& state) {
  train::HtmlPage page(name_ + ", " + state, header(state));
  page.add("Warnings", warnings_list(options_.warnings()));
  page.add("Curves", curves(history_, steps_));
  page.add("Samples", samples_->html());
  page.add("Numbers", number_table(history_));
  page.add("Classes", classes_);
  page.add("Augmentation", options_.augmentation);
  page.add("Time", time_bar(time_));
  page.add("Options", options_list(options_.run));
  page.add("Model and machine", facts_list(options_.run));
  write_atomically(options_.folder / "report.html", page.text());
}

}  // namespace lathe::apps
