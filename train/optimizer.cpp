#include "train/optimizer.h"

#include <algorithm>

#include "core/error.h"
#include "core/options.h"

namespace lathe::train {
namespace {

double weight_decay(const Optimizer& optimizer) {
  return std::visit([](const auto& o) { return o.weight_decay; }, optimizer);
}

graph::UpdateOptions graph_options(const Optimizer& optimizer,
                                   const std::vector<std::string>& names,
                                   std::vector<std::int64_t> joined_after) {
  const UpdateOptions& update = update_options(optimizer);
  graph::UpdateOptions options{
      .accumulation_steps = update.gradient_accumulation_steps,
      .scaled = update.clipnorm > 0 || update.global_clipnorm > 0,
      .clip_value = update.clipvalue,
      .weight_decay = weight_decay(optimizer),
      .joined_after = std::move(joined_after)};
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (const std::string& part : update.exclude_from_weight_decay) {
      if (names[i].find(part) == std::string::npos) continue;
      options.undecayed.push_back(i);
      break;
    }
  }
  return options;
}

// The operation without its options for updates.
graph::Operation rule(const Adam& o) {
  return graph::Adam{
      .beta_1 = o.beta_1, .beta_2 = o.beta_2, .epsilon = o.epsilon};
}
graph::Operation rule(const AdamW& o) {
  return graph::Adam{
      .beta_1 = o.beta_1, .beta_2 = o.beta_2, .epsilon = o.epsilon};
}
graph::Operation rule(const SGD& o) {
  return graph::SGD{.momentum = o.momentum, .nesterov = o.nesterov};
}
graph::Operation rule(const RMSprop& o) {
  return graph::RMSprop{.rho = o.rho,
                        .momentum = o.momentum,
                        .epsilon = o.epsilon,
                        .centered = o.centered};
}
graph::Operation rule(const Lion& o) {
  return graph::Lion{.beta_1 = o.beta_1, .beta_2 = o.beta_2};
}

void require(bool valid, const Optimizer& optimizer, std::string_view option,
             double value, std::string_view range) {
  if (valid) return;
  fail(keras_name(optimizer), ": ", option, " is ", value, "; it must be ",
       range);
}

// Makes a T of the options in the file, if that is what the file has.
template <class T>
bool made(const models::TrainingState& state, Optimizer& result) {
  if (state.optimizer != T::kKerasName) return false;
  T optimizer{};
  const auto take = [&](const std::string& name, auto& option) {
    using Option = std::decay_t<decltype(option)>;
    const auto found = state.options.find(name);
    if constexpr (std::is_arithmetic_v<Option>) {
      if (found == state.options.end()) return;
      option = std::visit([](auto value) { return static_cast<Option>(value); },
                          found->second);
    }
  };
  take("learning_rate", optimizer.learning_rate);
  T::visit(optimizer, take);
  result = optimizer;
  return true;
}

template <class... T>
bool made_any(const models::TrainingState& state, std::variant<T...>& result) {
  return (made<T>(state, result) || ...);
}

}  // namespace

std::string_view keras_name(const Optimizer& optimizer) {
  return std::visit([](const auto& o) { return o.kKerasName; }, optimizer);
}

double learning_rate(const Optimizer& optimizer) {
  return std::visit([](const auto& o) { return o.learning_rate; }, optimizer);
}

const UpdateOptions& update_options(const Optimizer& optimizer) {
  return std::visit(
      [](const auto& o) -> const UpdateOptions& { return o.update; },
      optimizer);
}

models::OptimizerConfig keras_config(const Optimizer& optimizer) {
  models::OptimizerConfig config{{"learning_rate", learning_rate(optimizer)}};
  const auto add = [&](const std::string& name, const auto& value) {
    using T = std::decay_t<decltype(value)>;
    if constexpr (!std::is_same_v<T, std::vector<std::string>>) {
      config[name] = value;
    }
  };
  std::visit([&](const auto& o) { std::decay_t<decltype(o)>::visit(o, add); },
             optimizer);
  // What is off is None in Keras.
  for (const char* name : {"clipnorm", "global_clipnorm", "clipvalue"}) {
    if (std::get<double>(config.at(name)) == 0) config.erase(name);
  }
  if (!std::holds_alternative<AdamW>(optimizer) &&
      weight_decay(optimizer) == 0) {
    config.erase("weight_decay");
  }
  if (update_options(optimizer).gradient_accumulation_steps == 1) {
    config.erase("gradient_accumulation_steps");
  }
  return config;
}

std::size_t slot_count(const Optimizer& optimizer) {
  const graph::Operation found =
      std::visit([](const auto& o) { return rule(o); }, optimizer);
  return std::visit(
      [](const auto& o) -> std::size_t {
        if constexpr (requires { o.slots(); }) return o.slots();
        return 0;
      },
      found);
}

void require_valid(const Optimizer& optimizer) {
  const UpdateOptions& update = update_options(optimizer);
  const auto positive = [&](std::string_view name, double value) {
    require(value >= 0, optimizer, name, value, "at least 0");
  };
  positive("weight_decay", weight_decay(optimizer));
  positive("clipnorm", update.clipnorm);
  positive("global_clipnorm", update.global_clipnorm);
  positive("clipvalue", update.clipvalue);
  const int clips = (update.clipnorm > 0 ? 1 : 0) +
                    (update.global_clipnorm > 0 ? 1 : 0) +
                    (update.clipvalue > 0 ? 1 : 0);
  if (clips > 1) {
    fail(keras_name(optimizer),
         ": only one of clipnorm, global_clipnorm and clipvalue can be set");
  }
  const auto steps = static_cast<double>(update.gradient_accumulation_steps);
  require(steps >= 1, optimizer, "gradient_accumulation_steps", steps,
          "at least 1");
  require(update.ema_momentum >= 0 && update.ema_momentum <= 1, optimizer,
          "ema_momentum", update.ema_momentum, "from 0 to 1");
  if (const auto* sgd = std::get_if<SGD>(&optimizer)) {
    require(sgd->momentum >= 0 && sgd->momentum <= 1, optimizer, "momentum",
            sgd->momentum, "from 0 to 1");
  }
  if (const auto* lion = std::get_if<Lion>(&optimizer)) {
    require(lion->beta_1 > 0 && lion->beta_1 <= 1, optimizer, "beta_1",
            lion->beta_1, "above 0 and at most 1");
  }
}

graph::Operation operation(const Optimizer& optimizer,
                           const std::vector<std::string>& weight_names,
                           std::vector<std::int64_t> joined_after) {
  graph::Operation result =
      std::visit([](const auto& o) { return rule(o); }, optimizer);
  std::visit(
      [&](auto& o) {
        if constexpr (requires { o.update; }) {
          o.update =
              graph_options(optimizer, weight_names, std::move(joined_after));
        }
      },
      result);
  return result;
}

Optimizer optimizer_from(std::string_view text, double learning_rate) {
  auto optimizer = from_text<Optimizer>("optimizer", text);
  std::visit([&](auto& o) { o.learning_rate = learning_rate; }, optimizer);
  require_valid(optimizer);
  return optimizer;
}

Optimizer optimizer_from(const models::TrainingState& state) {
  Optimizer optimizer;
  if (!made_any(state, optimizer)) {
    fail("lathe doesn't have the optimizer ", state.optimizer);
  }
  require_valid(optimizer);
  return optimizer;
}

std::string to_text(const Optimizer& optimizer) {
  return std::visit([](const auto& o) { return text_of(o); }, optimizer);
}

}  // namespace lathe::train
