#include "train/data/csv_dataset.h"

#include "tests/train/data/classified_files.h"
#include "train/data/csv.h"

namespace lathe::train {
namespace {

using Names = std::vector<std::string>;

class CsvDatasetTest : public ClassifiedFilesTest {
 protected:
  CsvDatasetTest() {
    add_image("a.png", 10);
    add_image("b.png", 20);
    add_image("deep/c, d.png", 30);
  }

  CsvDataset open(const std::string& text,
                  ClassifiedSetOptions options = {}) const {
    add_text("list.csv", text);
    options.size = {4, 6};
    return CsvDataset(folder_ / "list.csv", options);
  }
  // Without the file's name, with which it must begin.
  std::string error(const std::string& text,
                    const ClassifiedSetOptions& options = {}) const {
    const std::string whole = error_of([&] { open(text, options); });
    const std::string start = path("list.csv") + ": ";
    EXPECT_TRUE(whole.starts_with(start)) << whole;
    return whole.substr(std::min(start.size(), whole.size()));
  }
};

TEST_F(CsvDatasetTest, ReadsPathsAndLabels) {
  const CsvDataset data = open(
      "b.png,dog\n"
      "\"deep/c, d.png\",\"big, \"\"old\"\" cat\"\n"
      "a.png,dog\n");
  EXPECT_EQ(data.class_names(), (Names{"big, \"old\" cat", "dog"}));
  ASSERT_EQ(data.size(), 3);
  EXPECT_EQ(sample(data, 0), std::pair(20, 1));
  EXPECT_EQ(sample(data, 1), std::pair(30, 0));
  EXPECT_EQ(sample(data, 2), std::pair(10, 1));
  EXPECT_EQ(data.name(1), path("deep/c, d.png"));
  EXPECT_EQ(data.report(), "3 images in 2 classes, 1 to 2 a class");
}

TEST_F(CsvDatasetTest, RecognisesAHeader) {
  for (const char* header : {"path,label\n", "\xEF\xBB\xBF\"File\",Class\r\n",
                             "\nimage, name ,width\n"}) {
    SCOPED_TRACE(header);
    const CsvDataset data = open(concat(header, "a.png,x\nb.png,y\n"));
    EXPECT_EQ(data.class_names(), (Names{"x", "y"}));
    EXPECT_EQ(data.size(), 2);
  }
  EXPECT_EQ(open("a.png,x\nb.png,y\n").size(), 2);
  // Files need no picture's ending, but what has one is meant as a file.
  add_image("without");
  EXPECT_EQ(open("without,x\nb.png,y\n").size(), 2);
  EXPECT_NE(error("gone.png,x\nb.png,y\n"), "");
}

TEST_F(CsvDatasetTest, LeavesOutBlanksEmptyLinesAndFurtherColumns) {
  const CsvDataset data =
      open("\r\n a.png ,\tdog ,1,2\r\n\r\n \"b.png\" , dog\r\n\n");
  EXPECT_EQ(data.class_names(), Names{"dog"});
  EXPECT_EQ(data.size(), 2);
}

TEST_F(CsvDatasetTest, SortsNumbersAsNumbers) {
  const auto names = [&](const std::string& first, const std::string& second) {
    return open("a.png," + first + "\nb.png," + second + "\n").class_names();
  };
  EXPECT_EQ(names("10", "9"), (Names{"9", "10"}));
  EXPECT_EQ(names("0.5", "-3"), (Names{"-3", "0.5"}));
  EXPECT_EQ(names("10", "9a"), (Names{"10", "9a"}));
  EXPECT_EQ(names("nan", "9"), (Names{"9", "nan"}));
  EXPECT_EQ(names("9", "10 "), (Names{"9", "10"}));
  EXPECT_EQ(names("b", "B"), (Names{"B", "b"}));
}

TEST_F(CsvDatasetTest, TakesTheClassesOfAnotherSet) {
  const ClassifiedSetOptions known{.class_names = {"dog", "cat", "cow"}};
  const CsvDataset data = open("a.png,cow\nb.png,dog\n", known);
  EXPECT_EQ(data.class_names(), known.class_names);
  EXPECT_EQ(data.labels(), (std::vector<std::int32_t>{2, 0}));
  EXPECT_EQ(data.report(),
            "2 images in 3 classes, 0 to 1 a class, none of cat");
  EXPECT_EQ(error("path,label\n\na.png,dog\nb.png,Dog\n", known),
            "row 4: 'Dog' is none of the known classes: dog, cat, cow");
}

TEST_F(CsvDatasetTest, NamesTheRowThatIsWrong) {
  EXPECT_EQ(error("path,label\na.png,x\ngone.png,x\n"),
            "row 3: there is no file " + path("gone.png"));
  EXPECT_EQ(error("a.png,x\ndeep,x\n"),
            "row 2: there is no file " + path("deep"));
  EXPECT_EQ(error("a.png,x\nb.png\n"),
            "row 2: has one field; path and label would be right");
  EXPECT_EQ(error("a.png,x\n,x\n"),
            "row 2: has no path; path and label would be right");
  EXPECT_EQ(error("a.png,x\nb.png, ,y\n"),
            "row 2: has no label; path and label would be right");
  EXPECT_EQ(error("a.png,x\n\nb.png,\"y\n"),
            "row 3: a quotation mark is not closed");
  EXPECT_EQ(error("a.png,x\n\"b.png\"y\n"),
            "row 2: 'y' behind a closing quotation mark; a comma or the end of "
            "the row would be right");
}

TEST_F(CsvDatasetTest, RefusesFilesWithoutRows) {
  for (const char* text : {"", "\n\n", "path,label\n"}) {
    EXPECT_EQ(error(text), "holds no rows of path and label") << text;
  }
  EXPECT_EQ(
      error_of([&] { CsvDataset(folder_ / "absent.csv"); }),
      path("absent.csv") + ": can't be opened: No such file or directory");
  EXPECT_EQ(error_of([&] { CsvDataset(folder_.path()); }),
            folder_.path().string() + ": can't be opened: it is a folder");
}

TEST_F(CsvDatasetTest, LimitsToTheFirstOfEachClassInTurn) {
  const CsvDataset data =
      open("a.png,x\nb.png,x\ndeep/../a.png,x\nb.png,y\n", {.limit = 2});
  EXPECT_EQ(data.labels(), (std::vector<std::int32_t>{0, 1}));
}

TEST_F(CsvDatasetTest, CsvKeepsWhatIsInQuotationMarks) {
  add_text("rows.csv", "\" a\r\nb \",\"\"\"\",, c d \n\n\"\"");
  EXPECT_EQ(read_csv(folder_ / "rows.csv"),
            (std::vector<CsvRow>{{" a\r\nb ", "\"", "", "c d"}, {""}, {""}}));
}

}  // namespace
}  // namespace lathe::train
