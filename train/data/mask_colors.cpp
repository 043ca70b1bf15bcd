#include "train/data/mask_colors.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/error.h"
#include "core/graph/operations/loss.h"
#include "core/read_file.h"

namespace lathe::train {
namespace {

constexpr std::string_view kDividers = ", \t\r;:";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kDividers);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kDividers) - first + 1);
}

// A part of a line between dividers.
struct Word {
  std::size_t begin = 0;
  std::size_t end = 0;
  int value = -1;  // -1 for no number
};

std::vector<Word> words_of(std::string_view line) {
  std::vector<Word> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(kDividers, at)) != line.npos) {
    const std::size_t end =
        std::min(line.find_first_of(kDividers, at), line.size());
    Word word{.begin = at, .end = end};
    const char* last = line.data() + end;
    int value = 0;
    const auto [stop, error] = std::from_chars(line.data() + at, last, value);
    if (error == std::errc() && stop == last) word.value = value;
    words.push_back(word);
    at = end;
  }
  return words;
}

// Whether three numbers start at words[i].
bool is_colour(const std::vector<Word>& words, std::size_t i) {
  if (i + 3 > words.size()) return false;
  return std::all_of(words.begin() + static_cast<std::ptrdiff_t>(i),
                     words.begin() + static_cast<std::ptrdiff_t>(i) + 3,
                     [](const Word& w) { return w.value >= 0; });
}

std::uint32_t packed(std::uint32_t r, std::uint32_t g, std::uint32_t b) {
  return r << 16 | g << 8 | b;
}

std::string colour_text(std::uint32_t colour) {
  return concat(colour >> 16, ", ", colour >> 8 & 255, ", ", colour & 255);
}

bool is_ignored(std::string name) {
  static constexpr std::array<std::string_view, 4> kNames{
      "ignore", "void", "unlabelled", "unlabeled"};
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace

MaskColors::MaskColors(const std::filesystem::path& file)
    : MaskColors(read_file(file), file.string()) {}

MaskColors::MaskColors(std::string_view text, const std::string& name) {
  std::size_t line = 1;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const bool heading = entries_.empty();
    try {
      const std::string_view given = trimmed(text.substr(0, end));
      if (!given.empty() && given[0] != '#') add(given, heading);
    } catch (const Error& error) {
      fail(name, ": line ", line, ": ", error.what());
    }
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
  }
  if (class_names_.size() < 2 || class_names_.size() > 254) {
    fail(name, ": has ", class_names_.size(),
         " classes; 2 to 254 can be told apart");
  }
}

void MaskColors::add(std::string_view line, bool may_be_heading) {
  const std::vector<Word> words = words_of(line);
  std::size_t at = 0;
  while (at < words.size() && !is_colour(words, at)) ++at;
  if (at == words.size()) {
    if (may_be_heading) return;
    fail("'", line, "' has no colour; name,r,g,b or r g b name would be right");
  }
  // A name that follows may be a number too, as one that comes first may.
  const std::string name(trimmed(at == 0 ? line.substr(words[2].end)
                                         : line.substr(0, words[at].begin)));
  if (name.empty()) fail("'", line, "' has no name");
  for (std::size_t i = at; i < at + 3; ++i) {
    if (words[i].value > 255) {
      fail("'", line, "': ", words[i].value, " is no number from 0 to 255");
    }
  }
  const auto part = [&](std::size_t i) {
    return static_cast<std::uint32_t>(words[at + i].value);
  };
  const Entry entry{.colour = packed(part(0), part(1), part(2)),
                    .id = id_of_name(name)};
  const auto place =
      std::ranges::lower_bound(entries_, entry.colour, {}, &Entry::colour);
  if (place != entries_.end() && place->colour == entry.colour) {
    fail("the colour ", colour_text(entry.colour), " comes twice");
  }
  entries_.insert(place, entry);
}

std::uint8_t MaskColors::id_of_name(const std::string& name) {
  if (is_ignored(name)) return graph::kIgnoredTarget;
  const auto place = std::ranges::find(class_names_, name);
  const auto id = static_cast<std::uint8_t>(place - class_names_.begin());
  if (place == class_names_.end()) class_names_.push_back(name);
  return id;
}

const MaskColors::Entry* MaskColors::find(std::uint32_t colour) const {
  const auto place =
      std::ranges::lower_bound(entries_, colour, {}, &Entry::colour);
  return place == entries_.end() || place->colour != colour ? nullptr : &*place;
}

Tensor MaskColors::ids_of(const Tensor& image, std::string_view name) const {
  const std::int64_t width = image.shape()[1];
  const Tensor ids({image.shape()[0], width, 1}, DType::uint8);
  const std::uint8_t* from = image.data<std::uint8_t>();
  std::uint8_t* to = ids.data<std::uint8_t>();
  // Masks are runs of equal colours.
  const Entry* entry = nullptr;
  for (std::int64_t i = 0; i < ids.elements(); ++i, from += 3) {
    const std::uint32_t colour = packed(from[0], from[1], from[2]);
    if (entry == nullptr || entry->colour != colour) entry = find(colour);
    if (entry == nullptr) {
      fail(name, ": the colour ", colour_text(colour), " in row ", i / width,
           ", column ", i % width,
           " is no class's; --mask-colors says which "
           "colour is which");
    }
    to[i] = entry->id;
  }
  return ids;
}

}  // namespace lathe::train
