#include "train/training_position.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace lathe::train {

std::string to_json(const Position& position) {
  nlohmann::ordered_json json;
  json["epoch"] = position.epoch;
  json["step_of_epoch"] = position.step_of_epoch;
  json["step"] = position.step;
  json["loss_sum"] = position.loss_sum;
  json["samples"] = position.samples;
  json["confusion"] = position.confusion;
  json["statistics_count"] = position.statistics_count;
  json["seed"] = position.seed;
  json["top_5"] = position.top_5;
  json["learning_rate"] = position.learning_rate;
  json["averages_in_model"] = position.averages_in_model;
  json["joined_after"] = position.joined_after;
  json["history"] = nlohmann::ordered_json::array();
  for (const Logs& row : position.history) {
    auto& entries = json["history"].emplace_back();
    // A number that is none (an IoU without pixels) becomes null.
    for (const auto& [name, value] : row) entries[name] = value;
  }
  return json.dump();
}

Position position_from(const std::string& text, const std::string& file) {
  try {
    const auto json = nlohmann::ordered_json::parse(text);
    Position position;
    json.at("epoch").get_to(position.epoch);
    json.at("step_of_epoch").get_to(position.step_of_epoch);
    json.at("step").get_to(position.step);
    json.at("loss_sum").get_to(position.loss_sum);
    json.at("samples").get_to(position.samples);
    json.at("confusion").get_to(position.confusion);
    json.at("statistics_count").get_to(position.statistics_count);
    json.at("seed").get_to(position.seed);
    json.at("top_5").get_to(position.top_5);
    json.at("learning_rate").get_to(position.learning_rate);
    json.at("averages_in_model").get_to(position.averages_in_model);
    json.at("joined_after").get_to(position.joined_after);
    for (const auto& entries : json.at("history")) {
      Logs& row = position.history.emplace_back();
      for (const auto& [name, value] : entries.items()) {
        row.emplace_back(name, value.is_null()
                                   ? std::numeric_limits<double>::quiet_NaN()
                                   : value.get<double>());
      }
    }
    return position;
  } catch (const nlohmann::json::exception&) {
    fail(file,
         ": can't be resumed from: it does not say where its training "
         "was; --init takes its weights");
  }
}

}  // namespace lathe::train
