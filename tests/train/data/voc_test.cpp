#include "train/data/voc.h"

#include "tests/train/data/annotated_files.h"
#include "train/data/xml.h"

namespace lathe::train {
namespace {

class VocTest : public AnnotatedFilesTest {
 protected:
  static std::string object(const std::string& name, const std::string& xmax,
                            const std::string& more = "") {
    return "<object><name>" + name +
           "</name>\n<bndbox><xmin>3</xmin><ymin>1</ymin><xmax>" + xmax +
           "</xmax><ymax>20</ymax></bndbox>" + more + "</object>\n";
  }
  static std::string annotation(const std::string& objects,
                                const std::string& width = "40") {
    return "<annotation>\n<filename>a &amp; b.jpg</filename>\n<size><width>" +
           width + "</width>\n<height>20</height></size>\n" + objects +
           "</annotation>\n";
  }
  AnnotatedImages read(const std::string& text,
                       std::vector<std::string> names = {}) const {
    add_text("a.xml", text);
    return read_voc(folder_.path(), std::move(names));
  }
  std::string error(const std::string& text) const {
    return error_in("a.xml", [&] { read(text, {"cat", "dog"}); });
  }
};

TEST_F(VocTest, ReadsBoxes) {
  add_text("b.xml", annotation(object("ant", "3")));
  add_text("notes.txt", "not read");
  const AnnotatedImages all =
      read("\xEF\xBB\xBF<?xml version=\"1.0\"?>\n<!-- of > us -->\n" +
           annotation(
               object("dog", "10.5", "<difficult>0</difficult>") +
               object("cat", "40", "<difficult>1</difficult><part id='3'/>")));
  EXPECT_EQ(all.class_names, (std::vector<std::string>{"ant", "cat", "dog"}));
  ASSERT_EQ(all.images.size(), 2U);
  EXPECT_EQ(all.images[0].file_name, "a & b.jpg");
  EXPECT_EQ(all.images[0].size.width, 40);
  EXPECT_EQ(all.images[0].size.height, 20);
  const auto& boxes = all.images[0].annotations.boxes;
  ASSERT_EQ(boxes.size(), 2U);
  expect_box(boxes[0], {2, 0, 10.5F, 20}, 2);
  expect_box(boxes[1], {2, 0, 40, 20}, 1, false);
  // One pixel.
  expect_box(all.images[1].annotations.boxes.at(0), {2, 0, 3, 20}, 0);
}

TEST_F(VocTest, NamesTheLineThatIsWrong) {
  EXPECT_EQ(error(annotation(object("cow", "9"))),
            "line 5: 'cow' is none of the known classes: cat, dog");
  EXPECT_EQ(error(annotation(object("cat", "2"))),
            "line 6: xmin or ymin is behind xmax or ymax");
  EXPECT_EQ(error(annotation(object("cat", "much"))),
            "line 6: xmax is 'much'; a number would be right");
  EXPECT_EQ(error(annotation("<object><name>cat</name></object>")),
            "line 5: <object> has no <bndbox>");
  EXPECT_EQ(error(annotation("", "0")),
            "line 3: width is 0; a whole number above 0 would be right");
  EXPECT_EQ(error("<annotations/>"),
            "line 1: <annotations> where <annotation> would be right");
  EXPECT_EQ(error("<annotation>\n<size>\n"),
            "line 3: <size> of line 2 is not closed");
  const testing::TemporaryFolder empty;
  EXPECT_THROW(read_voc(empty.path()), Error);
  EXPECT_THROW(read_voc(empty / "absent"), Error);
}

TEST(Xml, RefusesWhatItDoesNotUnderstand) {
  const auto error = [](const std::string& text) -> std::string {
    try {
      parse_xml(text, "x");
    } catch (const Error& refused) {
      return refused.what();
    }
    return "nothing was refused";
  };
  EXPECT_EQ(error(""), "x: line 1: there is no element");
  EXPECT_EQ(error("<a>\n</b>"), "x: line 2: </b> where </a> would be right");
  EXPECT_EQ(error("<a>&euro;</a>"),
            "x: line 1: '&' that begins none of &lt; &gt; &amp; &quot; &apos;");
  EXPECT_EQ(error("<a/>\n<b/>"), "x: line 2: something behind </a>");
  EXPECT_EQ(error("<a><![CDATA[x]]></a>"),
            "x: line 1: only elements, texts and comments are understood");
  EXPECT_EQ(error("<a"), "x: line 1: '>' is missing");
  EXPECT_EQ(error("<a><>"), "x: line 1: an element without a name");
  EXPECT_EQ(error("<a><!-- "), "x: line 1: '-->' is missing");
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "<a>";
  EXPECT_EQ(error(deep), "x: line 1: elements lie too deep in each other");
}

TEST(Xml, KeepsElementsAndTheirTexts) {
  const XmlElement root =
      parse_xml("<a n=\"1\"> x &lt;<!-- no -->y\n<b/><c>z</c ></a>\n", "x");
  EXPECT_EQ(root.text, "x <y");
  ASSERT_EQ(root.children.size(), 2U);
  EXPECT_EQ(root.child("c")->text, "z");
  EXPECT_EQ(root.child("c")->line, 2);
  EXPECT_EQ(root.child("d"), nullptr);
}

}  // namespace
}  // namespace lathe::train
