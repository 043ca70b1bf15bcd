#include "train/report/html.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/image/resize.h"
#include "core/image/write_image.h"

namespace lathe::train {
namespace {

constexpr std::string_view kJpegBeginning = "\xFF\xD8";
// Images of fewer pixels are shown enlarged, each pixel a square.
constexpr std::int64_t kLeastSmooth = 96;

bool looks_like_number(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("+-0123456789.,e% ") == std::string_view::npos;
}

Tensor reduced(const Tensor& image, std::int64_t most) {
  const Shape& shape = image.shape();
  const std::int64_t longest = std::max(shape[0], shape[1]);
  if (longest <= most) return image;
  const auto side = [&](std::int64_t extent) {
    return std::max<std::int64_t>(1, extent * most / longest);
  };
  const Tensor result({side(shape[0]), side(shape[1]), shape[2]}, DType::uint8);
  image::resize_bilinear(image, result);
  return result;
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char letter : text) {
    switch (letter) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += letter;
    }
  }
  return result;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U |
              (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= count ? kDigits[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return text;
}

std::string html_image(std::string_view encoded, std::int64_t width,
                       std::int64_t height, std::string_view alt) {
  const bool jpeg = encoded.starts_with(kJpegBeginning);
  const bool small = std::max(width, height) < kLeastSmooth;
  return concat("<img", small ? " class=\"pixels\"" : "", " width=\"", width,
                "\" height=\"", height, "\" alt=\"", escaped(alt),
                "\" src=\"data:image/", jpeg ? "jpeg" : "png", ";base64,",
                base64(encoded), "\">");
}

std::string html_image(const Tensor& image, std::int64_t most,
                       std::string_view alt) {
  constexpr int kQuality = 85;
  const Tensor shown = reduced(image, most);
  const std::int64_t height = shown.shape()[0];
  const std::int64_t width = shown.shape()[1];
  return html_image(std::max(width, height) < kLeastSmooth
                        ? image::encode_png(shown)
                        : image::encode_jpeg(shown, kQuality),
                    width, height, alt);
}

std::string html_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows) {
  const auto numeric = [&](std::size_t column) {
    return column > 0 && std::ranges::all_of(rows, [&](const auto& row) {
             return column >= row.size() || row[column].empty() ||
                    looks_like_number(row[column]);
           });
  };
  const auto cell = [&](std::string_view tag, std::size_t column,
                        std::string_view text) {
    const bool names_row = column == 0 && tag == "td";
    return concat("<", names_row ? "th scope=\"row\"" : tag,
                  numeric(column) ? " class=\"number\">" : ">", escaped(text),
                  "</", names_row ? "th" : tag, ">");
  };
  const auto row_of = [&](std::string_view tag, const auto& texts) {
    std::string row = "<tr>";
    for (std::size_t i = 0; i < texts.size(); ++i) {
      row += cell(tag, i, texts[i]);
    }
    return row + "</tr>\n";
  };
  std::string text = "<div class=\"wide\"><table>\n";
  if (!header.empty()) {
    text += concat("<thead>", row_of("th", header), "</thead>\n");
  }
  text += "<tbody>\n";
  for (const auto& row : rows) text += row_of("td", row);
  return text + "</tbody></table></div>\n";
}

}  // namespace lathe::train
