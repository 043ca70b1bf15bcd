#include <algorithm>
#include <utility>

#include "core/error.h"
#include "models/finite.h"
#include "models/hdf5/attribute.h"
#include "models/hdf5/dataset.h"
#include "models/hdf5/group.h"
#include "models/weights_file.h"

namespace lathe::models {

WeightsReader::WeightsReader(std::string bytes, std::string source)
    : bytes_(std::move(bytes)),
      file_(bytes_, std::move(source)),
      heaps_(file_) {}

std::optional<std::uint64_t> WeightsReader::find(
    const std::string& path) const {
  const std::string_view names = path;
  std::uint64_t address = file_.root();
  std::size_t begin = 0;
  while (begin < names.size()) {
    const std::size_t end = std::min(names.find('/', begin), names.size());
    const auto messages = hdf5::header_messages(file_, address, path);
    const auto links = hdf5::links(file_, messages, path);
    const auto link = std::ranges::find(links, names.substr(begin, end - begin),
                                        &hdf5::Link::name);
    if (link == links.end()) return std::nullopt;
    address = link->address;
    begin = end + 1;
  }
  return address;
}

bool WeightsReader::has(const std::string& path) const {
  return find(path).has_value();
}

std::vector<std::string> WeightsReader::names(const std::string& group) const {
  const auto address = find(group);
  if (!address) return {};
  const auto messages = hdf5::header_messages(file_, *address, group);
  if (!hdf5::is_group(messages)) fail(source(), ": ", group, " is no group");
  std::vector<std::string> names;
  for (const hdf5::Link& link : hdf5::links(file_, messages, group)) {
    names.emplace_back(link.name);
  }
  std::ranges::sort(names);
  return names;
}

void WeightsReader::expect_new(const std::string& group,
                               std::set<std::uint64_t>& seen) const {
  const auto address = find(group);
  if (!address) fail(source(), ": ", group, " is missing");
  if (!seen.insert(*address).second) {
    fail(source(), ": ", group, " is a second name of a group");
  }
}

std::vector<std::string> WeightsReader::texts(const std::string& group,
                                              const std::string& name) const {
  const auto address = find(group);
  if (!address) return {};
  const std::string path = group.empty() ? "/" : group;
  const auto messages = hdf5::header_messages(file_, *address, path);
  for (const hdf5::Attribute& attribute :
       hdf5::attributes(messages, concat(source(), ": ", path))) {
    if (attribute.name() == name) return attribute.texts(heaps_);
  }
  return {};
}

hdf5::Dataset WeightsReader::open(const std::string& path) const {
  const auto address = find(path);
  if (!address) fail(source(), ": ", path, " is missing");
  return {file_, hdf5::header_messages(file_, *address, path), path};
}

Shape WeightsReader::shape(const std::string& dataset) const {
  return open(dataset).shape();
}

void WeightsReader::read(const std::string& dataset,
                         const Tensor& tensor) const {
  open(dataset).read(tensor);
  require_finite(tensor, concat(source(), ": ", dataset));
}

}  // namespace lathe::models
