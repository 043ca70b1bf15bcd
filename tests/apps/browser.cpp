#include "tests/apps/browser.h"

#include <array>
#include <cstdio>

#include "core/image/read_image.h"
#include "tests/support/temporary_folder.h"

namespace lathe::testing {
namespace {

namespace fs = std::filesystem;

std::string output_of(const std::string& line) {
  std::string output;
  std::FILE* pipe = popen(line.c_str(), "r");
  std::array<char, 4096> piece;
  while (const std::size_t got =
             std::fread(piece.data(), 1, piece.size(), pipe)) {
    output.append(piece.data(), got);
  }
  pclose(pipe);
  return output;
}

void replace(std::string& text, const std::string& part,
             const std::string& by) {
  const std::size_t at = text.rfind(part);
  if (at == std::string::npos) fail("the page has no ", part);
  text.replace(at, part.size(), by);
}

}  // namespace

Browser::Browser() {
  for (const char* name : {"chromium-headless-shell", "chromium",
                           "google-chrome", "chrome-headless-shell"}) {
    const std::string path =
        output_of(concat("command -v ", name, " 2>/dev/null"));
    if (path.empty()) continue;
    program_ = path.substr(0, path.find('\n'));
    return;
  }
}

std::string Browser::run(const std::string& options, const fs::path& page,
                         View view) const {
  const TemporaryFolder profile;
  // As root there is no sandbox, and a container has little shared memory.
  return output_of(concat(
      "timeout 60 '", program_, "' --headless --no-sandbox --disable-gpu",
      " --disable-dev-shm-usage --hide-scrollbars --user-data-dir='",
      profile.path().string(), "' --window-size=", view.width, ",", view.height,
      " --blink-settings=preferredColorScheme=", view.dark ? 0 : 1, " ",
      options, " 'file://", page.string(), "' 2>/dev/null"));
}

nlohmann::json Browser::facts(const fs::path& page, View view) const {
  const TemporaryFolder folder;
  std::string text = read_bytes(page);
  replace(text, "default-src 'none'",
          "default-src 'none'; script-src 'unsafe-inline'");
  replace(text, "</head>",
          "<script>" +
              read_bytes(LATHE_SOURCE_DIR "/tests/apps/report_facts.js") +
              "</script></head>");
  const fs::path copy = folder / "page.html";
  write_bytes(copy, text);
  const std::string dump = run("--dump-dom", copy, view);
  const std::string mark = "<pre id=\"facts\">";
  const std::size_t at = dump.find(mark);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + mark.size();
  return nlohmann::json::parse(
      dump.substr(begin, dump.find("</pre>", begin) - begin));
}

Tensor Browser::screenshot(const fs::path& page, View view) const {
  const TemporaryFolder folder;
  const fs::path picture = folder / "page.png";
  run("--screenshot='" + picture.string() + "'", page, view);
  return image::read_image(picture);
}

}  // namespace lathe::testing
