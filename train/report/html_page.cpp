#include "train/report/html_page.h"

#include "core/error.h"
#include "train/report/html.h"
#include "train/report/html_style.h"

namespace lathe::train {

HtmlPage::HtmlPage(std::string_view title, std::string_view header)
    : title_(escaped(title)), body_(header) {}

void HtmlPage::add(std::string_view heading, std::string_view body) {
  if (body.empty()) return;
  body_ += concat("<section>\n<h2>", escaped(heading), "</h2>\n", body,
                  "</section>\n");
}

std::string HtmlPage::text() const {
  return concat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; img-src data:; style-src "
      "'unsafe-inline'\">\n<meta name=\"color-scheme\" content=\"light "
      "dark\">\n<title>",
      title_, "</title>\n<style>\n", kHtmlStyle,
      "</style>\n</head>\n<body>\n<main>\n", body_,
      "</main>\n</body>\n</html>\n");
}

}  // namespace lathe::train
