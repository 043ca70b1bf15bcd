#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/cuda/convolution_plan.h"
#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "models/efficientnet.h"
#include "models/unet.h"
#include "tests/support/temporary_folder.h"
#include "train/compile_step.h"
#include "train/loss.h"

// Whether cuDNN has an engine for what the models ask of it: its heuristics
// take a description of a device in the place of one.
namespace lathe::cuda {
namespace {

using graph::Graph;
using graph::ValueId;
using Problems = std::map<std::string, ConvolutionProblem>;

constexpr std::int64_t kBatch = 16;

// cuDNN for an H100; skips the test where it is missing.
#define REQUIRE_CUDNN()           \
  try {                           \
    cudnn::functions();           \
  } catch (const Error& error) {  \
    GTEST_SKIP() << error.what(); \
  }

cudnn::Target h100() {
  return cudnn::Target(testing::read_bytes(LATHE_H100_DESCRIPTION));
}

void finish(Graph& graph, Precision precision) {
  graph::Bfloat16Choice choice;
  if (precision == Precision::bf16) {
    choice = [](const graph::Operation&, const Signature&) { return true; };
  }
  graph::run_passes(graph, graph::final_passes(choice, Device::cuda), {});
}

Graph training_step(const models::Model& model, const train::Loss& loss,
                    Precision precision) {
  auto lowered = model.lower({.batch = kBatch, .training = true});
  Graph& graph = lowered.graph;
  const ValueId prediction = lowered.outputs.at(0);
  const ValueId target = graph.add_input(
      "target", train::step_target(graph.shape(prediction), loss, true));
  const ValueId value = train::add_loss(graph, loss, prediction, target);
  graph.mark_output("loss", value);
  graph::run_passes(graph, graph::forward_passes(Device::cuda), {});
  const auto gradients = graph::differentiate(graph, value, lowered.trainable);
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    graph.mark_output(concat("gradient ", i), gradients[i]);
  }
  finish(graph, precision);
  return graph;
}

Graph prediction(const models::Model& model, Precision precision) {
  auto lowered = model.lower({.batch = kBatch});
  lowered.graph.mark_output("prediction", lowered.outputs.at(0));
  graph::run_passes(lowered.graph, graph::forward_passes(Device::cuda), {});
  finish(lowered.graph, precision);
  return lowered.graph;
}

// Each distinct one, bare and as it may end.
Problems problems_of(const Graph& graph, Precision precision) {
  Problems problems;
  const auto add = [&](const ConvolutionProblem& problem) {
    problems.emplace(to_string(problem), problem);
  };
  for (const graph::Node& node : graph.nodes()) {
    const Signature signature{.inputs = graph.specs(node.inputs),
                              .outputs = graph.specs(node.outputs),
                              .precision = precision};
    std::visit(
        [&](const auto& operation) {
          if constexpr (requires { problem_of(operation, signature); }) {
            ConvolutionProblem problem = problem_of(operation, signature);
            if constexpr (requires { operation.residual; }) {
              problem.accumulates = operation.residual;
            }
            add(problem);
            if (problem.direction != Direction::forward ||
                problem.accumulates || signature.inputs.size() < 3) {
              return;
            }
            problem.bias = true;
            add(problem);
            problem.activation = graph::ActivationKind::relu;
            add(problem);
          }
        },
        node.operation);
  }
  return problems;
}

// Fails the test unless each problem of the model's graphs has an engine whose
// plan can be made.
void expect_plans(const models::Model& model, const train::Loss& loss,
                  Precision precision) {
  SCOPED_TRACE(name_of(precision));
  Problems problems =
      problems_of(training_step(model, loss, precision), precision);
  problems.merge(problems_of(prediction(model, precision), precision));
  EXPECT_GT(problems.size(), 50);
  const cudnn::Target target = h100();
  for (const auto& [text, problem] : problems) {
    SCOPED_TRACE(text);
    auto candidates = cudnn::candidates(problem, target);
    if (candidates.empty()) {
      candidates = cudnn::candidates(problem, target, {.fallback = true});
    }
    ASSERT_FALSE(candidates.empty());
    EXPECT_NO_THROW(cudnn::Plan(candidates.front(), target));
  }
}

constexpr Precision kPrecisions[] = {Precision::fp32, Precision::tf32,
                                     Precision::bf16};

// Some engines for input gradients sum in the order in which threads come.
TEST(CudnnPlans, GiveTheSameBitsUnlessOthersAreAskedFor) {
  REQUIRE_CUDNN();
  const ConvolutionProblem problem{
      .direction = Direction::input_gradient,
      .window = {.kernel = {3, 3},
                 .padding = {.top = 1, .bottom = 1, .left = 1, .right = 1}},
      .image = {kBatch, 56, 56, 64},
      .result = {kBatch, 56, 56, 64}};
  const auto all = cudnn::candidates(problem, h100(), {.deterministic = false});
  EXPECT_LT(cudnn::candidates(problem, h100()).size(), all.size());
}

TEST(CudnnPlans, KeepToTheirPrecision) {
  REQUIRE_CUDNN();
  ConvolutionProblem problem{.window = {.kernel = {3, 3}},
                             .image = {kBatch, 58, 58, 64},
                             .result = {kBatch, 56, 56, 64}};
  std::set<std::string> exact;
  for (const auto& candidate : cudnn::candidates(problem, h100())) {
    exact.insert(candidate.name);
  }
  problem.precision = Precision::tf32;
  const auto rounding = cudnn::candidates(problem, h100());
  EXPECT_FALSE(exact.contains(rounding.front().name));
  EXPECT_GT(rounding.size(), exact.size());
}

TEST(CudnnPlans, RefuseADescriptionThatIsNone) {
  REQUIRE_CUDNN();
  EXPECT_THROW(cudnn::Target("{}"), Error);
}

TEST(CudnnPlans, AreThereForTheUnet) {
  REQUIRE_CUDNN();
  const auto model = models::unet({.size = {224, 224}});
  for (const Precision precision : kPrecisions) {
    expect_plans(model, train::BinaryCrossentropy{}, precision);
  }
}

TEST(CudnnPlans, AreThereForTheEfficientNet) {
  REQUIRE_CUDNN();
  const auto model = models::efficientnet();
  for (const Precision precision : kPrecisions) {
    expect_plans(model, train::SparseCategoricalCrossentropy{}, precision);
  }
}

// All convolutions but those of squeeze-and-excite are in bfloat16.
TEST(CudnnPlans, AreForWhatIsMade) {
  const auto model = models::efficientnet();
  const auto problems =
      problems_of(training_step(model, train::SparseCategoricalCrossentropy{},
                                Precision::bf16),
                  Precision::bf16);
  for (const auto& [text, problem] : problems) {
    const bool pixel = problem.image[1] * problem.image[2] == 1;
    EXPECT_EQ(problem.precision, pixel ? Precision::fp32 : Precision::bf16)
        << text;
  }
}

}  // namespace
}  // namespace lathe::cuda
