#pragma once

#include <string>
#include <string_view>

namespace lathe::train {

/// A page that is one file: its style is in it, it has no script, and it asks
/// for nothing from elsewhere. Light or dark as the reader's system is, and
/// legible on a phone.
class HtmlPage {
 public:
  /// `title` is a text; `header` is HTML above all sections.
  HtmlPage(std::string_view title, std::string_view header);

  /// A section under that heading, a text; `body` is HTML. Left out where that
  /// is empty.
  void add(std::string_view heading, std::string_view body);

  /// The file.
  std::string text() const;

 private:
  std::string title_;
  std::string body_;
};

}  // namespace lathe::train
