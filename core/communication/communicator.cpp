#include "core/communication/communicator.h"

#include <algorithm>
#include <thread>

#include "core/communication/reductions.h"

namespace lathe {

Communicator::Communicator() = default;
Communicator::~Communicator() = default;

Reductions& Communicator::reductions() {
  if (!reductions_) reductions_ = std::make_unique<Reductions>(duplicate());
  return *reductions_;
}

int cores_of_rank(const Communicator& ranks) {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::max(1, cores / ranks.local_size());
}

std::vector<std::string> gather_texts(Communicator& ranks,
                                      const std::string& text) {
  const auto size = static_cast<std::size_t>(ranks.size());
  std::vector<std::int64_t> lengths(size);
  const auto own = static_cast<std::int64_t>(text.size());
  ranks.all_gather(std::as_bytes(std::span(&own, 1)),
                   std::as_writable_bytes(std::span(lengths)));
  const auto longest = static_cast<std::size_t>(std::ranges::max(lengths));
  std::string padded = text;
  padded.resize(longest);
  std::string all(longest * size, '\0');
  ranks.all_gather(std::as_bytes(std::span(padded)),
                   std::as_writable_bytes(std::span(all)));
  std::vector<std::string> texts;
  for (std::size_t r = 0; r < size; ++r) {
    texts.push_back(
        all.substr(r * longest, static_cast<std::size_t>(lengths[r])));
  }
  return texts;
}

}  // namespace lathe
