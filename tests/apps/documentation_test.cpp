// What the documentation names is there: docs/augmentation.md has a row for
// every operation, with its options, and the tests of docs/reliability.md
// exist.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "augment/parse.h"
#include "augment/random_flip.h"
#include "tests/support/temporary_folder.h"

namespace lathe::augment {
namespace {

using Names = std::set<std::string>;

// The options that the last column of an operation's row names, by its name.
std::map<std::string, Names> documented() {
  std::ifstream file(LATHE_SOURCE_DIR "/docs/augmentation.md");
  std::map<std::string, Names> result;
  const std::regex row(R"(\| `(\w+)` \| .* \| ?(.*) \|)");
  const std::regex name("`([^`]+)`");
  for (std::string line; std::getline(file, line);) {
    std::smatch columns;
    if (!std::regex_match(line, columns, row)) continue;
    Names& options = result[columns[1]];
    const std::string last = columns[2];
    for (std::sregex_iterator each(last.begin(), last.end(), name), end;
         each != end; ++each) {
      options.insert((*each)[1]);
    }
  }
  return result;
}

Augmentation default_of(const std::string& name) {
  try {
    return augmentation_from(name, {});
  } catch (const Error&) {
    return augmentation_from(name, {}, {RandomFlip{}});
  }
}

TEST(Documentation, HasEveryOperationAndItsOptions) {
  const auto rows = documented();
  // What is said once for all that resample, and for all.
  const Names common{"interpolation", "fill_mode", "fill_value", "p"};
  for (const std::string& name : known_names()) {
    SCOPED_TRACE(name);
    const auto row = rows.find(name);
    if (row == rows.end()) {
      ADD_FAILURE() << "has no row in docs/augmentation.md";
      continue;
    }
    Names options;
    for (const auto& [option, text] : default_of(name).options()) {
      options.insert(option);
    }
    for (const std::string& option : row->second) {
      EXPECT_TRUE(options.contains(option)) << "has no option " << option;
    }
    for (const std::string& option : options) {
      EXPECT_TRUE(row->second.contains(option) || common.contains(option))
          << "its row doesn't name " << option;
    }
  }
}

TEST(Documentation, NamesTestsThatThereAre) {
  Names known;
  const std::regex test(R"(TEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           LATHE_SOURCE_DIR "/tests")) {
    if (entry.path().extension() != ".cpp") continue;
    const std::string text = testing::read_bytes(entry.path());
    for (std::sregex_iterator each(text.begin(), text.end(), test), end;
         each != end; ++each) {
      known.insert((*each)[1].str() + '.' + (*each)[2].str());
    }
  }
  const std::string page =
      testing::read_bytes(LATHE_SOURCE_DIR "/docs/reliability.md");
  const std::regex named("`([A-Z]\\w+\\.[A-Z]\\w+)`");
  int count = 0;
  for (std::sregex_iterator each(page.begin(), page.end(), named), end;
       each != end; ++each, ++count) {
    EXPECT_TRUE(known.contains((*each)[1])) << (*each)[1];
  }
  EXPECT_GT(count, 30);
}

}  // namespace
}  // namespace lathe::augment
