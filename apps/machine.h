#pragma once

#include <string>

namespace lathe::apps {

/// The processor's name, as the system tells it.
std::string processor_name();

/// That of lathe, and of the oneDNN it computes with.
std::string lathe_version();
std::string onednn_version();

/// Versions of lathe and of what it computes with, as a JSON object's text.
std::string versions_json();

}  // namespace lathe::apps
