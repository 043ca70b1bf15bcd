#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lathe {

class Reductions;

/// The processes that train one model together, its ranks, as one of them sees
/// them. Every rank calls the same functions in the same order, each from one
/// thread at a time; a call ends when all have made it. Memory is the host's.
class Communicator {
 public:
  Communicator();
  virtual ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  /// Which of the ranks this one is, of [0, size()).
  virtual int rank() const = 0;
  virtual int size() const = 0;
  /// The same among those on this machine.
  virtual int local_rank() const = 0;
  virtual int local_size() const = 0;

  /// Replaces values by their sums over the ranks: the same bits on each, and
  /// again when the same values come again.
  virtual void all_reduce(std::span<float> values) = 0;
  virtual void all_reduce(std::span<double> values) = 0;
  virtual void all_reduce(std::span<std::int64_t> values) = 0;
  /// Every rank's bytes, of one number each, one rank after the other.
  virtual void all_gather(std::span<const std::byte> own,
                          std::span<std::byte> all) = 0;
  /// The same ranks again, for another thread to use at the same time.
  virtual std::shared_ptr<Communicator> duplicate() = 0;
  /// Ends the processes of all ranks, those that wait for this one too.
  [[noreturn]] virtual void abort(int exit_code) = 0;

  /// What sums beside other work, made when it is first asked for.
  Reductions& reductions();

 private:
  std::unique_ptr<Reductions> reductions_;
};

/// How many of a machine's cores each of its ranks has; at least one.
int cores_of_rank(const Communicator& ranks);

/// Every rank's text, in the order of ranks.
std::vector<std::string> gather_texts(Communicator& ranks,
                                      const std::string& text);

}  // namespace lathe
