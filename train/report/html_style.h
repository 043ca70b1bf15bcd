#pragma once

namespace lathe::train {

/// The style sheet of HtmlPage.
extern const char* const kHtmlStyle;

}  // namespace lathe::train
