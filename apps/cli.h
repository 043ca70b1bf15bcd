#pragma once

/// CLI11, whose headers only those files include that read a command line: to
/// compile them takes a second and a half.
namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}
