#include "train/data/idx_file.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/deflate.h"
#include "core/error.h"

namespace lathe::train {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 32;

// What gzip holds, or the file itself where it is not compressed.
class File {
 public:
  explicit File(const std::filesystem::path& path)
      : name_(path.string()), file_(gzopen(path.c_str(), "rb")) {
    if (!file_) fail(name_, ": can't be opened: ", std::strerror(errno));
  }

  // Fills `bytes` as far as the file goes; how far.
  std::int64_t read(std::uint8_t* bytes, std::int64_t count) {
    constexpr std::int64_t kPiece = std::int64_t{1} << 24;
    std::int64_t done = 0;
    while (done < count) {
      const int got =
          gzread(file_.get(), bytes + done,
                 static_cast<unsigned>(std::min(kPiece, count - done)));
      int error = Z_OK;
      const char* const text = gzerror(file_.get(), &error);
      // A stream that ends too early is told by how much came of it.
      if (error != Z_OK && error != Z_BUF_ERROR) {
        fail(name_,
             ": damaged: ", error == Z_ERRNO ? std::strerror(errno) : text);
      }
      if (got <= 0) break;
      done += got;
    }
    return done;
  }

  // Whether compressed data stopped before its end.
  bool ends_early() const {
    int error = Z_OK;
    gzerror(file_.get(), &error);
    return error == Z_BUF_ERROR;
  }

 private:
  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };

  std::string name_;
  std::unique_ptr<gzFile_s, Close> file_;
};

}  // namespace

Tensor read_idx(const std::filesystem::path& path, std::int64_t rank) {
  const std::string name = path.string();
  File file(path);
  std::array<std::uint8_t, 4> magic{};
  std::vector<std::uint8_t> numbers(static_cast<std::size_t>(4 * rank));
  const auto numbers_size = static_cast<std::int64_t>(numbers.size());
  const std::int64_t magic_size = file.read(magic.data(), 4);
  const std::int64_t header_size =
      magic_size + file.read(numbers.data(), numbers_size);
  if (magic_size == 4 &&
      (magic[0] != 0 || magic[1] != 0 || magic[2] != 8 || magic[3] != rank)) {
    fail(name, ": begins with ", int{magic[0]}, " ", int{magic[1]}, " ",
         int{magic[2]}, " ", int{magic[3]}, "; an IDX file of bytes in ", rank,
         " dimensions begins with 0 0 8 ", rank);
  }
  if (header_size < 4 + numbers_size) {
    fail(name, ": cut short: holds ", header_size, " bytes; the header has ",
         4 + numbers_size);
  }
  std::vector<std::int64_t> extents;
  std::string claim;
  std::uint64_t bytes = 1;
  for (std::size_t i = 0; i < numbers.size(); i += 4) {
    const std::int64_t extent =
        std::int64_t{numbers[i]} << 24 | std::int64_t{numbers[i + 1]} << 16 |
        std::int64_t{numbers[i + 2]} << 8 | std::int64_t{numbers[i + 3]};
    claim += concat(i == 0 ? "" : " x ", extent);
    extents.push_back(extent);
    // At most (2^32 + 1) (2^32 - 1), which 64 bits just hold.
    bytes =
        std::min(bytes * static_cast<std::uint64_t>(extent), kMostBytes + 1);
  }
  if (bytes < 1 || bytes > kMostBytes) {
    fail(name, ": claims ", claim, " bytes; 1 to 2^32 can be read");
  }
  std::error_code unknown;
  if (const auto size = std::filesystem::file_size(path, unknown);
      !unknown && bytes / kMostOfDeflate > size) {
    fail(name, ": claims ", claim, ", ", bytes, " bytes; no file of ", size,
         " bytes holds that");
  }
  const Tensor result =
      Tensor::uninitialized(Shape(std::move(extents)), DType::uint8);
  const std::int64_t held =
      file.read(result.data<std::uint8_t>(), result.elements());
  if (held < result.elements()) {
    fail(name, ": cut short: claims ", claim, ", ", bytes, " bytes, and holds ",
         held);
  }
  if (std::uint8_t more = 0; file.read(&more, 1) > 0) {
    fail(name, ": claims ", claim, ", ", bytes, " bytes, and holds more");
  }
  if (file.ends_early()) {
    fail(name, ": cut short: the end of what gzip wrote is missing");
  }
  return result;
}

}  // namespace lathe::train
