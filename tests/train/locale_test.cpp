// A program that lathe is part of may write numbers as people of its country
// do; files stay as they are.

#include <gtest/gtest.h>

#include <locale>
#include <nlohmann/json.hpp>
#include <sstream>

#include "augment/parse.h"
#include "core/error.h"
#include "models/keras_file.h"
#include "models/unet.h"
#include "tests/support/temporary_folder.h"
#include "train/callbacks/csv_logger.h"
#include "train/callbacks/model_checkpoint.h"
#include "train/report/text.h"

namespace lathe {
namespace {

/// 1.234,5
class OfMany : public std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

class Locale : public ::testing::Test {
 protected:
  void SetUp() override {
    before_ = std::locale::global(std::locale(std::locale(), new OfMany));
  }
  void TearDown() override { std::locale::global(before_); }

  std::locale before_;
};

TEST_F(Locale, LeavesTextsAsTheyAre) {
  std::ostringstream theirs;
  theirs << 1234.5;
  ASSERT_EQ(theirs.str(), "1.234,5");
  EXPECT_EQ(concat(1234.5, " of ", 100000), "1234.5 of 100000");
  EXPECT_EQ(to_string(Shape{1000, 2000}), "(1000, 2000)");
  EXPECT_EQ(train::number(1234.5, 2), "1234.50");
  EXPECT_EQ(train::fill_in("{epoch:02d}-{loss:.3f}-{loss:.2e}", 1200,
                           {{"loss", 1234.5678}}),
            "1200-1234.568-1.23e+03");
  const std::string pipeline = "rotation=-0.125:0.25";
  EXPECT_EQ(augment::to_text(augment::parse(pipeline)), pipeline);
}

TEST_F(Locale, LeavesFilesAsTheyAre) {
  const testing::TemporaryFolder folder;
  train::CsvFile csv(folder / "log.csv");
  csv.open({"step", "loss"}, 0);
  csv.write({1234, 0.5});
  EXPECT_EQ(testing::read_bytes(folder / "log.csv"), "step,loss\n1234,0.5\n");
  const models::Model model = models::unet({.size = {16, 16}, .classes = 1});
  models::save(model, folder / "a.keras");
  EXPECT_EQ(models::load(folder / "a.keras").config(), model.config());
}

}  // namespace
}  // namespace lathe
