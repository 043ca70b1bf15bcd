#include "train/report/curves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "tests/train/report/report_check.h"

namespace lathe::train {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool is_coloured(const std::uint8_t* pixel) {
  const auto [low, high] = std::minmax({pixel[0], pixel[1], pixel[2]});
  return high - low > 60;
}

// The topmost coloured row in a column; axes, grid and text are grey.
std::optional<std::int64_t> top_of_curve(const Canvas& canvas, std::int64_t x) {
  for (std::int64_t y = 0; y < 360; ++y) {
    const std::uint8_t* pixel =
        canvas.image().data<std::uint8_t>() + (y * canvas.width() + x) * 3;
    if (is_coloured(pixel)) return y;
  }
  return std::nullopt;
}

std::vector<std::int64_t> columns_of_curves(const Canvas& canvas) {
  std::vector<std::int64_t> columns;
  for (std::int64_t x = 0; x < canvas.width(); ++x) {
    if (top_of_curve(canvas, x)) columns.push_back(x);
  }
  return columns;
}

TEST(Curves, NothingToDrawIsAnEmptyPicture) {
  EXPECT_TRUE(columns_of_curves(draw_curves({})).empty());
}

TEST(Curves, AFallingLossFalls) {
  std::vector<Logs> history;
  for (int epoch = 0; epoch < 8; ++epoch) {
    history.push_back({{"loss", 1.0 / (1 + epoch)}});
  }
  const Canvas canvas = draw_curves(history);
  const auto columns = columns_of_curves(canvas);
  ASSERT_GT(columns.size(), 300U);
  for (std::size_t i = 10; i < columns.size(); ++i) {
    EXPECT_GE(*top_of_curve(canvas, columns[i]),
              *top_of_curve(canvas, columns[i - 1]) - 2);
  }
}

TEST(Curves, LossIsOnTheLeftAndMetricsAreOnTheRight) {
  const std::vector<Logs> history{{{"loss", 1}, {"accuracy", 0.5}},
                                  {{"loss", 0.5}, {"accuracy", 0.9}}};
  const auto columns = columns_of_curves(draw_curves(history));
  const auto left =
      std::ranges::count_if(columns, [](std::int64_t x) { return x < 550; });
  EXPECT_GT(left, 300);
  EXPECT_GT(static_cast<std::int64_t>(columns.size()) - left, 300);
}

TEST(Curves, ValidationIsABrokenLine) {
  const auto columns = [](const char* name) {
    return columns_of_curves(draw_curves({{{name, 1}}, {{name, 0}}})).size();
  };
  EXPECT_LT(columns("val_loss"), columns("loss") * 8 / 10);
}

TEST(Curves, LeavesOutWhatIsNoNumber) {
  const auto with = [](double second) {
    return draw_curves({{{"loss", 1}}, {{"loss", second}}, {{"loss", 0}}});
  };
  EXPECT_TRUE(
      same_picture(with(kNan), with(std::numeric_limits<double>::infinity())));
  EXPECT_FALSE(same_picture(with(kNan), with(0.5)));
  EXPECT_TRUE(
      columns_of_curves(draw_curves({{{"loss", kNan}}, {{"loss", kNan}}}))
          .empty());
}

TEST(Curves, DrawsConstantsOfAnySize) {
  for (const double value : {0.0, 1e-30, 1.0, -5e5, 1e12, 1e38}) {
    SCOPED_TRACE(value);
    EXPECT_FALSE(columns_of_curves(draw_curves({{{"loss", value}}})).empty());
    EXPECT_FALSE(
        columns_of_curves(draw_curves({{{"loss", value}}, {{"loss", value}}}))
            .empty());
  }
}

}  // namespace
}  // namespace lathe::train
