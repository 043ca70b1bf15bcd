#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace lathe::train {

/// A text as HTML shows it, between tags and within quoted attributes.
std::string escaped(std::string_view text);

/// RFC 4648's, with padding.
std::string base64(std::string_view bytes);

/// An image element that holds its picture, the bytes of a PNG or JPEG of that
/// size. `alt` is what it shows, in words.
std::string html_image(std::string_view encoded, std::int64_t width,
                       std::int64_t height, std::string_view alt);

/// The same of uint8 (H, W, 1 or 3), as JPEG, or PNG where it is small; reduced
/// where a side has more than `most` pixels.
std::string html_image(const Tensor& image, std::int64_t most,
                       std::string_view alt);

/// A table of texts, which are escaped; the first column names the row, and
/// columns that look like numbers end at one line. A header of no columns is
/// left out.
std::string html_table(const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace lathe::train
