#include "train/callbacks/csv_logger.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/error.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;

class CsvFileTest : public ::testing::Test {
 protected:
  CsvFileTest()
      : folder_(
            fs::path(::testing::TempDir()) /
            ("csv_file_test_" + std::string(::testing::UnitTest::GetInstance()
                                                ->current_test_info()
                                                ->name()))) {
    fs::remove_all(folder_);
  }
  ~CsvFileTest() override { fs::remove_all(folder_); }

  fs::path path() const { return folder_ / "runs" / "log.csv"; }
  std::string text() const {
    std::ostringstream text;
    text << std::ifstream(path()).rdbuf();
    return text.str();
  }

 private:
  fs::path folder_;
};

TEST_F(CsvFileTest, EachRowIsOnDiskOnceItIsWritten) {
  CsvFile file(path());
  file.open({"epoch", "loss"}, 0);
  EXPECT_EQ(text(), "epoch,loss\n");
  file.write({1, 0.5});
  EXPECT_EQ(text(), "epoch,loss\n1,0.5\n");
  file.write({2, 0.123456789});
  EXPECT_EQ(text(), "epoch,loss\n1,0.5\n2,0.123456789\n");
}

TEST_F(CsvFileTest, WritesLargeStepsInFull) {
  CsvFile file(path());
  file.open({"step"}, 0);
  file.write({123456789});
  EXPECT_EQ(text(), "step\n123456789\n");
}

TEST_F(CsvFileTest, AResumedRunKeepsTheRowsUpToWhereItGoesOn) {
  {
    CsvFile file(path());
    file.open({"epoch", "loss"}, 0);
    for (const double epoch : {1, 2, 3, 10}) file.write({epoch, 1 / epoch});
  }
  CsvFile file(path());
  file.open({"epoch", "loss"}, 2);
  file.write({3, 0.25});
  EXPECT_EQ(text(), "epoch,loss\n1,1\n2,0.5\n3,0.25\n");
}

TEST_F(CsvFileTest, ANewRunStartsANewFile) {
  {
    CsvFile file(path());
    file.open({"epoch"}, 0);
    file.write({1});
  }
  CsvFile file(path());
  file.open({"epoch"}, 0);
  EXPECT_EQ(text(), "epoch\n");
}

TEST_F(CsvFileTest, NamesAFileItCantWrite) {
  fs::create_directories(path());
  CsvFile file(path());
  try {
    file.open({"epoch"}, 0);
    FAIL() << "a folder was written to";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("log.csv"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace lathe::train
