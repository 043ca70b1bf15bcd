#include "apps/report_sections.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/error.h"
#include "train/report/html.h"
#include "train/report/svg_chart.h"
#include "train/report/text.h"

namespace lathe::apps {
namespace {

using nlohmann::ordered_json;
using train::escaped;

constexpr std::string_view kValidation = "val_";
constexpr std::array<const char*, 5> kParts{"waiting for data", "augmentation",
                                            "step", "validation",
                                            "saving and reporting"};
constexpr std::array<const char*, 5> kStyles{"waiting", "augmentation", "step",
                                             "validation", "saving"};

std::string shown(double value) {
  return std::abs(value) < 1e-3 ? train::significant(value, 3)
                                : train::number(value, 4);
}

// A number over the epochs; NaN in those that don't have it.
std::vector<double> values_of(const std::vector<train::Logs>& history,
                              const std::string& name) {
  std::vector<double> values;
  for (const train::Logs& row : history) {
    const auto found =
        std::ranges::find(row, name, &train::Logs::value_type::first);
    values.push_back(found == row.end() ? std::nan("") : found->second);
  }
  return values;
}

// The names without those of the validation.
std::vector<std::string> plain_names(const std::vector<train::Logs>& history) {
  std::vector<std::string> names;
  if (history.empty()) return names;
  for (const auto& [name, value] : history.back()) {
    if (!name.starts_with(kValidation)) names.push_back(name);
  }
  return names;
}

bool has_validation(const std::vector<train::Logs>& history,
                    const std::string& name) {
  return !std::isnan(
      values_of(history, std::string(kValidation) + name).back());
}

// The index of the least loss, or of the largest of another number.
std::size_t best_of(const std::vector<double>& values,
                    const std::string& name) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const bool better =
        name == "loss" ? values[i] < values[best] : values[i] > values[best];
    if (better || std::isnan(values[best])) best = i;
  }
  return best;
}

std::vector<train::Point> over_epochs(const std::vector<double>& values) {
  std::vector<train::Point> points;
  for (std::size_t i = 0; i < values.size(); ++i) {
    points.push_back({static_cast<double>(i + 1), values[i]});
  }
  return points;
}

// Above it are a few points that would press all others together.
double without_outliers(const std::vector<train::Point>& points) {
  std::vector<double> values;
  values.reserve(points.size());
  for (const train::Point point : points) values.push_back(point.y);
  if (values.empty()) return 1;
  std::ranges::sort(values);
  return std::min(values.back(), 1.5 * values[values.size() * 95 / 100]);
}

std::string as_text(const ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string definition(std::string_view name, std::string_view value) {
  return concat("<div><dt>", escaped(name), "</dt><dd>",
                value.empty() ? "–" : escaped(value), "</dd></div>\n");
}

}  // namespace

double TimeSpent::sum() const {
  return std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

std::string number_tiles(const std::vector<train::Logs>& history) {
  std::string text;
  for (const std::string& name : plain_names(history)) {
    const bool validation = has_validation(history, name);
    const std::vector<double> values =
        values_of(history, validation ? std::string(kValidation) + name : name);
    const std::size_t best = best_of(values, name);
    text += concat("<div class=\"tile\"><span>",
                   validation ? "validation " : "", escaped(name), "</span><b>",
                   shown(values.back()), "</b><span>best ", shown(values[best]),
                   ", epoch ", best + 1, "</span></div>\n");
  }
  return text.empty() ? text : "<div class=\"tiles\">\n" + text + "</div>\n";
}

std::string number_table(const std::vector<train::Logs>& history) {
  if (history.empty()) return {};
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, last] : history.back()) {
    const std::vector<double> values = values_of(history, name);
    const bool validation = name.starts_with(kValidation);
    const std::size_t best =
        best_of(values, validation ? name.substr(kValidation.size()) : name);
    rows.push_back({name, shown(values.front()), shown(last),
                    shown(values[best]), std::to_string(best + 1)});
  }
  return train::html_table({"", "first", "last", "best", "in epoch"}, rows);
}

std::string curves(const std::vector<train::Logs>& history,
                   const StepCurves& steps) {
  std::string text;
  for (const std::string& name : plain_names(history)) {
    train::Chart chart{.title = name, .x_title = "epoch"};
    chart.series.push_back(
        {"training", "train", over_epochs(values_of(history, name))});
    if (has_validation(history, name)) {
      chart.series.push_back(
          {"validation", "validation",
           over_epochs(values_of(history, std::string(kValidation) + name))});
    }
    text += train::svg_chart(chart);
  }
  const auto over_steps = [&](const std::string& title,
                              const train::StepSeries& series) {
    return train::Chart{.title = title,
                        .x_title = "step",
                        .series = {{title, "train", series.points()}}};
  };
  text += train::svg_chart(over_steps("loss of a step", steps.loss));
  train::Chart rate = over_steps("learning rate", steps.learning_rate);
  rate.least = 0;
  text += train::svg_chart(rate);
  train::Chart time = over_steps("milliseconds a step", steps.milliseconds);
  time.series[0].name = "all";
  time.series.push_back({"waiting", "waiting", steps.waiting.points()});
  time.least = 0;
  time.most = without_outliers(time.series[0].points);
  text += train::svg_chart(time);
  return text.empty() ? text : "<div class=\"charts\">\n" + text + "</div>\n";
}

std::string time_bar(const TimeSpent& time) {
  const double sum = time.sum();
  if (sum <= 0) return {};
  std::string bar;
  std::string parts;
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    const double share = 100 * time.seconds[i] / sum;
    bar += concat("<i class=\"", kStyles[i],
                  "\" style=\"width:", train::number(share, 2), "%\"></i>");
    parts += concat(
        "<div data-part=\"", i, "\" data-seconds=\"",
        train::number(time.seconds[i], 3), "\"><span class=\"key ", kStyles[i],
        "\">", kParts[i], "</span><b>", train::number(time.seconds[i], 1),
        " s, ", train::number(share, share < 9.95 ? 1 : 0), "%</b></div>\n");
  }
  return concat("<div class=\"bar\">", bar, "</div>\n<div class=\"parts\">\n",
                parts, "</div>\n");
}

TimeSpent time_in(std::string_view page) {
  TimeSpent time;
  for (std::size_t i = 0; i < kParts.size(); ++i) {
    const std::string mark =
        concat("<div data-part=\"", i, "\" data-seconds=\"");
    const std::size_t at = page.find(mark);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = page.substr(at + mark.size(), 24);
    std::from_chars(rest.data(), rest.data() + rest.size(), time.seconds[i]);
  }
  return time;
}

std::string options_list(const std::string& run) {
  const ordered_json json = ordered_json::parse(run);
  std::string text;
  for (const auto& [name, value] : json.at("options").items()) {
    text += definition(name, as_text(value));
  }
  return "<dl class=\"options\">\n" + text + "</dl>\n";
}

std::string facts_list(const std::string& run) {
  const ordered_json json = ordered_json::parse(run);
  std::string text;
  text += definition("parameters", as_text(json.at("parameters")));
  text +=
      definition("of them trained", as_text(json.at("trainable_parameters")));
  for (const char* name : {"optimizer", "schedule"}) {
    text += definition(name, as_text(json.at(name)));
  }
  for (const char* group : {"machine", "versions"}) {
    for (const auto& [name, value] : json.at(group).items()) {
      text += definition(name, as_text(value));
    }
  }
  return "<dl class=\"options\">\n" + text + "</dl>\n";
}

std::string options_markdown(const std::string& run) {
  const ordered_json json = ordered_json::parse(run);
  std::string text = "| option | value |\n|---|---|\n";
  for (const auto& [name, value] : json.at("options").items()) {
    std::string plain;
    for (const char letter : as_text(value)) {
      if (letter == '|') plain += '\\';
      plain += letter == '\n' ? ' ' : letter;
    }
    text += concat("| ", name, " | ", plain, " |\n");
  }
  return text;
}

std::string warnings_list(const std::vector<std::string>& warnings) {
  if (warnings.empty()) return {};
  constexpr std::size_t kMost = 50;
  std::string text = "<ul>\n";
  for (std::size_t i = 0; i < std::min(kMost, warnings.size()); ++i) {
    text += concat("<li>", escaped(warnings[i]), "</li>\n");
  }
  if (warnings.size() > kMost) {
    text += concat("<li>and ", warnings.size() - kMost, " more</li>\n");
  }
  return text + "</ul>\n";
}

}  // namespace lathe::apps
