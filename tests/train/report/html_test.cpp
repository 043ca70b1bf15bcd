#include "train/report/html.h"

#include <gtest/gtest.h>

#include "train/report/html_page.h"

namespace lathe::train {
namespace {

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Html, EscapesWhatWouldBeMarkup) {
  EXPECT_EQ(escaped("<b class=\"x\">R&D's</b>"),
            "&lt;b class=&quot;x&quot;&gt;R&amp;D&#39;s&lt;/b&gt;");
  EXPECT_EQ(escaped("plain, größer"), "plain, größer");
}

TEST(Html, Base64IsThatOfTheStandard) {
  // RFC 4648, section 10.
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
}

TEST(Html, ImagesAreReducedAndSmallOnesKeepTheirPixels) {
  const Tensor large({300, 150, 3}, DType::uint8);
  const std::string reduced = html_image(large, 200, "a \"photo\"");
  EXPECT_NE(reduced.find("width=\"100\" height=\"200\""), std::string::npos)
      << reduced;
  EXPECT_NE(reduced.find("alt=\"a &quot;photo&quot;\""), std::string::npos);
  EXPECT_NE(reduced.find("src=\"data:image/jpeg;base64,/9j/"),
            std::string::npos);
  const std::string small =
      html_image(Tensor({28, 28, 1}, DType::uint8), 200, "");
  EXPECT_NE(small.find("width=\"28\" height=\"28\""), std::string::npos);
  EXPECT_NE(small.find("data:image/png;base64,iVBORw0KGgo"), std::string::npos);
  EXPECT_NE(small.find("class=\"pixels\""), std::string::npos);
}

TEST(Html, TablesPutNumbersRight) {
  const std::string table = html_table(
      {"class", "F1", "note"}, {{"<cat>", "0.5", "12"}, {"dog", "", "many"}});
  EXPECT_EQ(times(table, "<tr>"), 3U);
  EXPECT_NE(table.find("<th scope=\"row\">&lt;cat&gt;</th>"),
            std::string::npos);
  EXPECT_NE(table.find("<td class=\"number\">0.5</td>"), std::string::npos);
  EXPECT_NE(table.find("<th class=\"number\">F1</th>"), std::string::npos);
  EXPECT_NE(table.find("<td>12</td>"), std::string::npos);
}

TEST(Html, APageAsksForNothing) {
  HtmlPage page("a & b", "<h1>x</h1>");
  page.add("Nothing", "");
  page.add("T & C", "<p>body</p>\n");
  const std::string text = page.text();
  EXPECT_TRUE(text.starts_with("<!DOCTYPE html>"));
  EXPECT_NE(text.find("<title>a &amp; b</title>"), std::string::npos);
  EXPECT_NE(text.find("<h2>T &amp; C</h2>\n<p>body</p>"), std::string::npos);
  EXPECT_EQ(text.find("Nothing"), std::string::npos);
  for (const char* part : {"http:", "https:", "<script", "@import", "url("}) {
    EXPECT_EQ(text.find(part), std::string::npos) << part;
  }
  EXPECT_NE(text.find("default-src 'none'"), std::string::npos);
}

}  // namespace
}  // namespace lathe::train
