#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lathe::train {

/// An element of an XML text, with what annotations need of it.
struct XmlElement {
  std::string name;
  /// Its own text, without blanks around it.
  std::string text;
  std::vector<XmlElement> children;
  /// Where it begins, counted from 1.
  int line = 1;

  /// The first child of that name, or null.
  const XmlElement* child(std::string_view child_name) const;
};

/// The outermost element of a text of elements, texts, comments, declarations
/// and the five named entities; attributes are left out. Throws Error, which
/// begins with `name` and the line, for all else, such as elements that aren't
/// closed.
XmlElement parse_xml(std::string_view text, const std::string& name);

}  // namespace lathe::train
