// Networks drawn from seeds compute the same with all passes, with none, and
// with each alone off as `reference` does without any. LATHE_SEEDS=FIRST:COUNT
// draws others.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "core/graph/passes/passes.h"
#include "core/parallel.h"
#include "tests/models/random_step.h"
#include "tests/support/compare.h"
#include "tests/support/passes.h"
#include "tests/support/ranks.h"

namespace lathe::models {
namespace {

using testing::Outcome;
using testing::random_network;
using testing::RandomNetwork;
using testing::Setting;

using Values = std::map<std::string, Tensor>;
using Names = std::set<std::string>;

// A dozen layers of float32 whose sums run in another order: a thousandth of
// the largest of a tensor, and of gradients, some of which are zero but for
// rounding, a hundred-thousandth of the largest of all.
constexpr double kPart = 1e-3;
constexpr double kPartOfAll = 1e-5;

double largest_of(const Values& values) {
  double result = 0;
  for (const auto& [name, tensor] : values) {
    result = std::max(result, testing::largest(tensor));
  }
  return result;
}

void expect_close(const Values& actual, const Values& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  const double all = largest_of(expected);
  for (const auto& [name, tensor] : expected) {
    SCOPED_TRACE(name);
    testing::expect_close(actual.at(name), tensor, 0,
                          kPart * testing::largest(tensor) + kPartOfAll * all);
  }
}

void expect_close(const Outcome& actual, const Outcome& expected) {
  expect_close(actual.predictions, expected.predictions);
  expect_close(actual.gradients, expected.gradients);
  expect_close(actual.states, expected.states);
}

void expect_identical(const Values& actual, const Values& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    SCOPED_TRACE(name);
    testing::expect_identical(actual.at(name), tensor);
  }
}

// How far all values together are apart, as a part of their length.
double distance(const Values& actual, const Values& expected) {
  double difference = 0;
  double length = 0;
  for (const auto& [name, tensor] : expected) {
    for (std::int64_t i = 0; i < tensor.elements(); ++i) {
      const double e = testing::element(tensor, i);
      difference += std::pow(testing::element(actual.at(name), i) - e, 2);
      length += e * e;
    }
  }
  return std::sqrt(difference / length);
}

// Roundings to bfloat16, of 1/512 at most in every layer and back, are noise,
// which some networks amplify: what those of `reference` come to says how much.
void expect_as_near(const Outcome& actual, const Outcome& reference,
                    const Outcome& exact) {
  constexpr double kFactor = 5;
  constexpr double kRounding = 0.02;
  for (const auto values : {&Outcome::predictions, &Outcome::gradients}) {
    EXPECT_LT(distance(actual.*values, exact.*values),
              kRounding + kFactor * distance(reference.*values, exact.*values));
  }
}

Names operation_names() {
  Names names;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (names.emplace(std::variant_alternative_t<I, graph::Operations>::kName),
     ...);
  }
  (std::make_index_sequence<std::variant_size_v<graph::Operations>>());
  return names;
}

Names without(Names names, const Names& others) {
  for (const std::string& name : others) names.erase(name);
  return names;
}

class RandomNetworks : public ::testing::Test {
 protected:
  RandomNetworks() {
    if (const char* text = std::getenv("LATHE_SEEDS")) {
      char* rest = nullptr;
      first_ = std::strtoull(text, &rest, 10);
      count_ = std::strtoull(rest + 1, nullptr, 10);
    }
  }

  ~RandomNetworks() override { set_thread_count(threads_); }

  template <class Body>
  void each(const Body& body) {
    for (std::uint64_t seed = first_; seed < first_ + count_; ++seed) {
      SCOPED_TRACE(concat("LATHE_SEEDS=", seed, ":1"));
      // Beside other tests two threads mostly wait for each other.
      set_thread_count(seed % 4 == 0 ? 2 : 1);
      const RandomNetwork network = random_network(seed);
      try {
        body(network);
      } catch (const Error& error) {
        ADD_FAILURE() << error.what();
      }
      if (HasFailure()) {
        std::cout << network.model.summary() << "batch "
                  << network.images.shape()[0] << ", "
                  << train::to_text(network.optimizer) << '\n';
        return;
      }
    }
  }

  Outcome run(const RandomNetwork& network, const Setting& setting) {
    Outcome outcome = testing::run(network, setting);
    passes_.merge(Names(outcome.passes));
    operations_.merge(Names(outcome.operations));
    return outcome;
  }

  // With all passes, with none, with each alone off that changes something.
  void check_choices(const RandomNetwork& network, const Setting& setting) {
    Setting plain = setting;
    plain.compile.device = Device::reference;
    plain.compile.disabled_passes = testing::all_passes();
    const Outcome truth = run(network, plain);
    const Outcome rewritten = run(network, setting);
    std::vector<std::vector<std::string>> choices{
        testing::all_passes(), {"in_place"}, {"liveness"}};
    for (const std::string& pass : rewritten.passes) choices.push_back({pass});
    expect_close(rewritten, truth);
    for (const auto& disabled : choices) {
      SCOPED_TRACE(testing::name_of_choice(disabled));
      Setting other = setting;
      other.compile.disabled_passes = disabled;
      expect_close(run(network, other), truth);
    }
  }

  // That the networks of a test, unless they are others, met all operations and
  // passes but these.
  void expect_all_met_but(const Names& operations, const Names& passes) {
    if (std::getenv("LATHE_SEEDS") != nullptr) return;
    EXPECT_EQ(without(operation_names(), operations_), operations);
    Names known;
    for (const auto& list : {graph::forward_passes(), graph::final_passes()}) {
      for (const graph::Pass& pass : list) known.emplace(pass.name);
    }
    EXPECT_EQ(without(known, passes_), passes);
  }

 private:
  int threads_ = thread_count();
  std::uint64_t first_ = 1;
  std::uint64_t count_ = 40;
  // Met so far.
  Names passes_;
  Names operations_;
};

TEST_F(RandomNetworks, TrainTheSameWithEveryChoiceOfPasses) {
  each([&](const RandomNetwork& network) { check_choices(network, {}); });
  // Those of bfloat16 and of several ranks come below.
  expect_all_met_but(
      {"cast", "start_all_reduce", "target_share", "wait_all_reduce"},
      {"mixed_precision"});
}

TEST_F(RandomNetworks, PredictTheSameWithEveryChoiceOfPasses) {
  each([&](const RandomNetwork& network) {
    check_choices(network, {.training = false});
  });
}

TEST_F(RandomNetworks, TrainToTheSameBitsWithLessMemory) {
  each([&](const RandomNetwork& network) {
    const Outcome usual = run(network, {});
    const Outcome low = run(network, {.compile = {.low_memory = true}});
    expect_identical(low.predictions, usual.predictions);
    expect_identical(low.gradients, usual.gradients);
    expect_identical(low.states, usual.states);
  });
}

TEST_F(RandomNetworks, TrainNearlyTheSameInBfloat16) {
  each([&](const RandomNetwork& network) {
    const Outcome whole = run(network, {});
    Setting setting{.compile = {.precision = Precision::bf16,
                                .disabled_passes = {"measured_precision"}}};
    const Outcome half = run(network, setting);
    EXPECT_TRUE(half.passes.contains("mixed_precision"));
    EXPECT_TRUE(half.operations.contains("cast"));
    Setting plain = setting;
    plain.compile.device = Device::reference;
    plain.compile.disabled_passes = testing::all_passes();
    std::erase(plain.compile.disabled_passes, "mixed_precision");
    expect_as_near(half, run(network, plain), whole);
    setting.compile.low_memory = true;
    expect_identical(run(network, setting).gradients, half.gradients);
  });
}

TEST_F(RandomNetworks, TrainTheSameAsTheOnlyRank) {
  each([&](const RandomNetwork& network) {
    testing::run_ranks(1, [&](const std::shared_ptr<Communicator>& ranks) {
      const Outcome alone = run(network, {});
      const Outcome only = run(network, {.ranks = ranks});
      expect_close(only, alone);
      // Dice needs no share, as each rank has the whole of it.
      for (const char* name : {"start_all_reduce", "wait_all_reduce"}) {
        EXPECT_TRUE(only.operations.contains(name)) << name;
      }
    });
  });
}

}  // namespace
}  // namespace lathe::models
