#include "train/report/svg_chart.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "train/report/axis.h"
#include "train/report/step_series.h"

namespace lathe::train {
namespace {

// The points of the curve of that style.
std::vector<Point> drawn(const std::string& svg, const std::string& style) {
  std::smatch path;
  EXPECT_TRUE(std::regex_search(
      svg, path, std::regex("class=\"curve " + style + "\" d=\"([^\"]*)\"")))
      << svg;
  const std::string text = path[1];
  const std::regex pair("([ML])([0-9.]+) ([0-9.]+)");
  std::vector<Point> points;
  for (std::sregex_iterator each(text.begin(), text.end(), pair), end;
       each != end; ++each) {
    points.push_back({std::stod((*each)[2]), std::stod((*each)[3])});
  }
  return points;
}

TEST(SvgChart, CurvesAreInTheirPlaces) {
  const std::string svg = svg_chart(
      {.title = "loss",
       .x_title = "epoch",
       .series = {{"training", "train", {{1, 4}, {2, 2}, {3, 1}}},
                  {"a < b", "validation", {{1, 4}, {2, 3}, {3, 2}}}}});
  const std::vector<Point> train = drawn(svg, "train");
  const std::vector<Point> validation = drawn(svg, "validation");
  ASSERT_EQ(train.size(), 3U);
  EXPECT_EQ(train[0].y, validation[0].y);
  EXPECT_EQ(train[1].y, validation[2].y);
  // Higher numbers are further up; the same steps are equally long.
  EXPECT_LT(train[0].y, train[1].y);
  EXPECT_NEAR(train[1].x - train[0].x, train[2].x - train[1].x, 0.11);
  EXPECT_NEAR(validation[1].y - validation[0].y,
              validation[2].y - validation[1].y, 0.11);
  for (const Point point : train) {
    EXPECT_TRUE(point.x > 0 && point.x < 480 && point.y > 0 && point.y < 250);
  }
  EXPECT_NE(svg.find("a &lt; b"), std::string::npos);
  EXPECT_NE(svg.find("<title>epoch 2\ntraining: 2\na &lt; b: 3</title>"),
            std::string::npos)
      << svg;
}

TEST(SvgChart, BreaksWhereThereIsNoNumber) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const std::string svg =
      svg_chart({.title = "iou",
                 .x_title = "epoch",
                 .series = {{"iou", "train", {{1, 1}, {2, none}, {3, 1}}}}});
  EXPECT_EQ(drawn(svg, "train").size(), 2U);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(
      svg_chart(
          {.title = "", .x_title = "", .series = {{"", "train", {{1, none}}}}}),
      "");
  EXPECT_EQ(svg_chart({}), "");
}

TEST(SvgChart, NumbersThatAreAllTheSameHaveShortLabels) {
  for (const double value : {0.0, 1.0, 1e-4, 123456.0}) {
    const std::string svg =
        svg_chart({.title = "",
                   .x_title = "",
                   .series = {{"", "train", {{1, value}, {2, value}}}}});
    const std::regex label("text-anchor=\"end\">([^<]+)<");
    std::sregex_iterator each(svg.begin(), svg.end(), label);
    EXPECT_NE(each, std::sregex_iterator()) << value;
    for (; each != std::sregex_iterator(); ++each) {
      EXPECT_LE((*each)[1].length(), 8) << value;
    }
  }
}

TEST(SvgChart, OneEpochIsADotAndOutliersAreCutOff) {
  const std::string one = svg_chart(
      {.title = "", .x_title = "", .series = {{"", "train", {{1, 0.5}}}}});
  EXPECT_NE(one.find("<circle class=\"train\""), std::string::npos);
  const std::string cut =
      svg_chart({.title = "",
                 .x_title = "",
                 .series = {{"", "train", {{1, 1000}, {2, 1}, {3, 2}}}},
                 .least = 0,
                 .most = 2});
  const std::vector<Point> points = drawn(cut, "train");
  EXPECT_GE(points[0].y, 0);
  EXPECT_GT(points[1].y - points[2].y, 50);
}

TEST(Axis, LabelsTellNeighboursApart) {
  EXPECT_EQ(nice_step(1, 5), 0.2);
  EXPECT_EQ(nice_step(70, 7), 10);
  EXPECT_EQ(tick_label(0.4, 0.2), "0.4");
  EXPECT_EQ(tick_label(-1e-17, 0.2), "0");
  EXPECT_EQ(tick_label(2000, 500), "2000");
  EXPECT_EQ(tick_label(2e-6, 1e-6), "2e-06");
  EXPECT_NE(tick_label(0.912346, 1e-6), tick_label(0.912345, 1e-6));
}

TEST(StepSeries, KeepsTheMeansWithinItsPoints) {
  StepSeries series(4);
  for (std::int64_t step = 1; step <= 4; ++step) {
    series.add(step, static_cast<double>(step));
  }
  EXPECT_EQ(series.points().size(), 4U);
  series.add(5, 5);
  // 1 and 2, 3 and 4, 5.
  ASSERT_EQ(series.points().size(), 3U);
  EXPECT_EQ(series.points()[0].x, 2);
  EXPECT_EQ(series.points()[0].y, 1.5);
  EXPECT_EQ(series.points()[2].y, 5);
  for (std::int64_t step = 6; step <= 1000; ++step) {
    series.add(step, static_cast<double>(step));
  }
  const std::vector<Point> points = series.points();
  EXPECT_LE(points.size(), 4U);
  EXPECT_GE(points.size(), 2U);
  EXPECT_EQ(points.back().x, 1000);
}

}  // namespace
}  // namespace lathe::train
