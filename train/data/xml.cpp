#include "train/data/xml.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace lathe::train {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kEndOfName = " \t\r\n/>";
constexpr int kDeepest = 100;

class Reader {
 public:
  Reader(std::string_view text, const std::string& name)
      : text_(text), name_(name) {}

  XmlElement document() {
    skip_outside();
    if (!next_is("<")) refuse("there is no element");
    XmlElement root = element(0);
    skip_outside();
    if (at_ < text_.size()) refuse("something behind </", root.name, ">");
    return root;
  }

 private:
  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) {
    fail(name_, ": line ", line(), ": ", parts...);
  }
  // Counts on from where it was asked before.
  int line() {
    const std::string_view since = text_.substr(counted_, at_ - counted_);
    line_ += static_cast<int>(std::ranges::count(since, '\n'));
    counted_ = at_;
    return line_;
  }
  bool next_is(std::string_view what) const {
    return text_.substr(at_).starts_with(what);
  }
  // Goes behind the next `what`.
  std::string_view until(std::string_view what) {
    const std::size_t end = text_.find(what, at_);
    if (end == std::string_view::npos) refuse("'", what, "' is missing");
    const std::string_view between = text_.substr(at_, end - at_);
    at_ = end + what.size();
    return between;
  }
  bool skip_comment() {
    if (!next_is("<!--")) return false;
    until("-->");
    return true;
  }
  void skip_blanks() {
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
  }
  // Around the outermost element.
  void skip_outside() {
    if (at_ == 0 && next_is("\xEF\xBB\xBF")) at_ = 3;
    skip_blanks();
    while (skip_comment() || next_is("<?") || next_is("<!DOCTYPE")) {
      if (next_is("<?") || next_is("<!DOCTYPE")) until(">");
      skip_blanks();
    }
  }

  XmlElement element(int depth) {
    if (depth > kDeepest) refuse("elements lie too deep in each other");
    XmlElement result;
    result.line = line();
    ++at_;
    const std::size_t end =
        std::min(text_.find_first_of(kEndOfName, at_), text_.size());
    result.name = text_.substr(at_, end - at_);
    if (result.name.empty()) refuse("an element without a name");
    at_ = end;
    if (until(">").ends_with('/')) return result;
    while (!next_is("</")) {
      if (at_ >= text_.size()) {
        refuse("<", result.name, "> of line ", result.line, " is not closed");
      }
      if (skip_comment()) continue;
      if (next_is("<![CDATA[") || next_is("<?") || next_is("<!")) {
        refuse("only elements, texts and comments are understood");
      }
      if (next_is("<")) {
        result.children.push_back(element(depth + 1));
      } else {
        result.text += plain();
      }
    }
    at_ += 2;
    std::string_view closed = until(">");
    closed = closed.substr(0, closed.find_last_not_of(kBlanks) + 1);
    if (closed != result.name) {
      refuse("</", closed, "> where </", result.name, "> would be right");
    }
    const std::size_t first = result.text.find_first_not_of(kBlanks);
    result.text.erase(0, std::min(first, result.text.size()));
    result.text.erase(result.text.find_last_not_of(kBlanks) + 1);
    return result;
  }

  std::string plain() {
    constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
        {{"lt;", '<'},
         {"gt;", '>'},
         {"amp;", '&'},
         {"quot;", '"'},
         {"apos;", '\''}}};
    std::string result;
    while (at_ < text_.size() && text_[at_] != '<') {
      if (text_[at_] != '&') {
        result += text_[at_++];
        continue;
      }
      ++at_;
      const auto* entity = std::ranges::find_if(
          kEntities, [&](const auto& each) { return next_is(each.first); });
      if (entity == kEntities.end()) {
        refuse("'&' that begins none of &lt; &gt; &amp; &quot; &apos;");
      }
      result += entity->second;
      at_ += entity->first.size();
    }
    return result;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  int line_ = 1;
};

}  // namespace

const XmlElement* XmlElement::child(std::string_view child_name) const {
  const auto found = std::ranges::find(children, child_name, &XmlElement::name);
  return found == children.end() ? nullptr : &*found;
}

XmlElement parse_xml(std::string_view text, const std::string& name) {
  return Reader(text, name).document();
}

}  // namespace lathe::train
