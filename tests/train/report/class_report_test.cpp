#include "train/report/class_report.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/train/report/report_check.h"

namespace lathe::train {
namespace {

// The example of scikit-learn's documentation: truth 0, 1, 2, 2, 2, prediction
// 0, 0, 2, 2, 1. Its digits, of which there it shows two.
const ConfusionCounts kExample = counts_of(3, {1, 0, 0, 1, 0, 0, 0, 1, 2});

TEST(ClassReport, IsScikitLearns) {
  const ClassReport report = class_report(kExample);
  const auto expect = [](const ClassScores& scores, double precision,
                         double recall, double f1, std::int64_t support) {
    EXPECT_NEAR(scores.precision, precision, 0.005);
    EXPECT_NEAR(scores.recall, recall, 0.005);
    EXPECT_NEAR(scores.f1, f1, 0.005);
    EXPECT_EQ(scores.support, support);
  };
  ASSERT_EQ(report.classes.size(), 3);
  expect(report.classes[0], 0.50, 1.00, 0.67, 1);
  expect(report.classes[1], 0.00, 0.00, 0.00, 1);
  expect(report.classes[2], 1.00, 0.67, 0.80, 3);
  expect(report.macro_average, 0.50, 0.56, 0.49, 5);
  expect(report.weighted_average, 0.70, 0.60, 0.61, 5);
  EXPECT_DOUBLE_EQ(report.accuracy, 0.6);
}

TEST(ClassReport, ClassesThatDontOccurCountForNothing) {
  const ClassReport report =
      class_report(counts_of(3, {3, 0, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(report.classes[1].support, 0);
  EXPECT_DOUBLE_EQ(report.classes[1].f1, 0);
  // Class 2 was predicted though it never was true; class 1 is not there.
  EXPECT_DOUBLE_EQ(report.macro_average.precision, 0.5);
  EXPECT_DOUBLE_EQ(report.weighted_average.recall, 0.75);
  const ClassReport nothing = class_report(ConfusionCounts(2));
  EXPECT_DOUBLE_EQ(nothing.accuracy, 0);
  EXPECT_DOUBLE_EQ(nothing.macro_average.f1, 0);
}

TEST(ClassReport, TableStandsInColumns) {
  EXPECT_EQ(
      class_report_table(class_report(kExample), {"a", "b\xC3\xA4r", "c"}),
      "              precision     recall   f1-score    support\n"
      "\n"
      "           a      0.500      1.000      0.667          1\n"
      "         b\xC3\xA4r      0.000      0.000      0.000          1\n"
      "           c      1.000      0.667      0.800          3\n"
      "\n"
      "    accuracy                            0.600          5\n"
      "   macro avg      0.500      0.556      0.489          5\n"
      "weighted avg      0.700      0.600      0.613          5\n");
}

TEST(ClassReport, CsvQuotesNames) {
  EXPECT_EQ(
      class_report_csv(class_report(kExample), {"a, b", "the \"old\"", "c"}),
      "class,precision,recall,f1,support\n"
      "\"a, b\",0.500000,1.000000,0.666667,1\n"
      "\"the \"\"old\"\"\",0.000000,0.000000,0.000000,1\n"
      "c,1.000000,0.666667,0.800000,3\n"
      "accuracy,,,0.600000,5\n"
      "macro avg,0.500000,0.555556,0.488889,5\n"
      "weighted avg,0.700000,0.600000,0.613333,5\n");
}

TEST(ClassReport, WantsANameForEachClass) {
  const ClassReport report = class_report(kExample);
  EXPECT_THROW(class_report_table(report, {"a", "b"}), Error);
  EXPECT_THROW(class_report_csv(report, {"a", "b", "c", "d"}), Error);
}

}  // namespace
}  // namespace lathe::train
