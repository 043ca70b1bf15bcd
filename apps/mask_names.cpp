#include "apps/mask_names.h"

#include <map>
#include <string>

#include "core/error.h"

namespace lathe::apps {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> ends_of(const PredictOptions& options) {
  std::vector<std::string> ends{kMaskEnd};
  if (options.overlay) ends.emplace_back(kOverlayEnd);
  if (options.probabilities) ends.emplace_back(kProbabilityEnd);
  return ends;
}

}  // namespace

MaskNames::MaskNames(const PredictOptions& options,
                     const std::vector<fs::path>& photographs)
    : output_(options.output) {
  std::set<fs::path> stems;
  std::set<fs::path> taken;
  for (const fs::path& photograph : photographs) {
    const fs::path stem = photograph.stem();
    if (!stems.insert(stem).second) shared_.insert(stem);
    taken.insert(fs::weakly_canonical(photograph));
  }
  std::map<fs::path, fs::path> written;
  for (const fs::path& photograph : photographs) {
    for (const std::string& end : ends_of(options)) {
      fs::path file = of(photograph);
      file += end;
      if (taken.contains(fs::weakly_canonical(file))) {
        fail(file.string(), ", written of ", photograph.string(),
             ", would take the place of a photograph; choose another --output");
      }
      const auto [other, is_new] = written.emplace(file, photograph);
      if (!is_new) {
        fail(file.string(), ": would be written of both ",
             other->second.string(), " and ", photograph.string(),
             "; rename one of them");
      }
    }
  }
}

fs::path MaskNames::of(const fs::path& photograph) const {
  const fs::path stem = photograph.stem();
  return output_ / (shared_.contains(stem) ? photograph.filename() : stem);
}

}  // namespace lathe::apps
