#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "core/graph/gradient.h"
#include "core/graph/passes/passes.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/run_graph.h"

namespace lathe::graph {
namespace {

using testing::expect_identical;

// Adds its number times the sample's id, the epoch and the seed to a sample;
// those of one kind join.
class Shift final : public ImageEffect {
 public:
  explicit Shift(float number, int kind = 0) : number_(number), kind_(kind) {}

  void apply(Device, const Tensor& images, const std::int64_t* draw,
             const Tensor& output, void* workspace) const override {
    EXPECT_NE(workspace, nullptr);
    const std::int64_t samples = images.shape()[0];
    const std::int64_t values = images.elements() / samples;
    for (std::int64_t i = 0; i < images.elements(); ++i) {
      const auto drawn =
          static_cast<float>(draw[0] + draw[1] + draw[2 + i / values]);
      output.data<float>()[i] = images.data<float>()[i] + number_ * drawn;
    }
  }
  std::size_t workspace_bytes(const Shape&) const override { return 8; }
  std::shared_ptr<const ImageEffect> then(
      const ImageEffect& next) const override {
    const auto& other = dynamic_cast<const Shift&>(next);
    if (other.kind_ != kind_) return nullptr;
    return std::make_shared<Shift>(number_ + other.number_, kind_);
  }
  std::string text() const override { return concat("shift=", number_); }

 private:
  float number_;
  int kind_;
};

Augmentation shift(float number, int kind = 0) {
  return {std::make_shared<Shift>(number, kind)};
}

// Images, then shifts of these numbers and kinds.
struct Chain {
  explicit Chain(const std::vector<std::pair<float, int>>& shifts) {
    images = graph.add_input("images", {{2, 3, 4, 1}, DType::float32});
    draw = graph.add_input("draw", {{4}, DType::int64});
    ValueId x = images;
    for (const auto& [number, kind] : shifts) {
      x = graph.apply(shift(number, kind), {x, draw},
                      concat("shift_", values.size()));
      values.push_back(x);
    }
    graph.mark_output("result", x);
  }

  Tensor run(Device device) const {
    const Tensor bytes =
        testing::random_integers({2, 3, 4, 1}, DType::uint8, 3, 256);
    const Tensor input(bytes.shape());
    std::ranges::copy(bytes.values<std::uint8_t>(), input.data<float>());
    return testing::run_graph(
               graph, device,
               {{images, input},
                {draw, Tensor::from<std::int64_t>({4}, {1, 2, 3, 5})}})
        .at(graph.outputs().back().second);
  }

  Graph graph;
  ValueId images = kNoValue;
  ValueId draw = kNoValue;
  std::vector<ValueId> values;
};

TEST(AugmentationOperation, NamesWhatItMetAndWhatIsRight) {
  const TensorSpec images{{2, 3, 4, 1}, DType::float32};
  const auto message = [&](const Augmentation& operation, const Specs& specs) {
    try {
      operation.output_specs(specs);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message(shift(1), {images, {{4}, DType::int64}}), "");
  EXPECT_EQ(message(shift(1), {images, {{3}, DType::int64}}),
            "augmentation: the draw is int64 (3); int64 (4) would be right");
  EXPECT_NE(message(shift(1), {{{2, 3, 4, 1}, DType::float64}, {}})
                .find("takes images, float32 (N, H, W, C), and was given"),
            std::string::npos);
  EXPECT_NE(message({}, {images, {}}).find("has no effect"), std::string::npos);
}

// Sums of small integers are exact in any order.
TEST(AugmentationOperation, NeighboursOfAKindJoin) {
  for (const Device device : {Device::cpu, Device::reference}) {
    Chain chain({{1, 0}, {2, 0}, {4, 1}, {8, 1}, {16, 1}});
    const Tensor expected = chain.run(device);
    join_augmentations(chain.graph);
    ASSERT_EQ(chain.graph.nodes().size(), 2U);
    EXPECT_EQ(chain.graph.nodes()[0].name, "shift_0+shift_1");
    EXPECT_EQ(chain.graph.nodes()[1].name, "shift_2+shift_3+shift_4");
    expect_identical(chain.run(device), expected);
  }
}

TEST(AugmentationOperation, OthersReadersKeepThemApart) {
  Chain output({{1, 0}, {2, 0}});
  output.graph.mark_output("between", output.values[0]);
  join_augmentations(output.graph);
  EXPECT_EQ(output.graph.nodes().size(), 2U);

  Chain reader({{1, 0}, {2, 0}});
  reader.graph.apply(ReduceSum{.target = {1}}, {reader.values[0]});
  join_augmentations(reader.graph);
  EXPECT_EQ(reader.graph.nodes().size(), 3U);

  Chain draws({{1, 0}});
  const ValueId other = draws.graph.add_input("other", {{4}, DType::int64});
  draws.graph.apply(shift(2), {draws.values[0], other});
  join_augmentations(draws.graph);
  EXPECT_EQ(draws.graph.nodes().size(), 2U);
}

TEST(AugmentationOperation, CanBeSwitchedOff) {
  Chain chain({{1, 0}, {2, 0}});
  run_passes(chain.graph, forward_passes(), {"join_augmentations"});
  EXPECT_EQ(chain.graph.nodes().size(), 2U);
  run_passes(chain.graph, forward_passes(), {});
  EXPECT_EQ(chain.graph.nodes().size(), 1U);
}

TEST(AugmentationOperation, HasNoGradient) {
  Graph graph;
  const ValueId images =
      graph.add_weight("images", {{2, 3, 4, 1}, DType::float32});
  const ValueId draw = graph.add_input("draw", {{4}, DType::int64});
  const ValueId loss =
      graph.apply(ReduceSum{.target = {1}},
                  {graph.apply(shift(1), {images, draw}, "flip")});
  try {
    differentiate(graph, loss, {images});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what())
                  .find("flip: augmentation (shift=1) has no gradient"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace lathe::graph
