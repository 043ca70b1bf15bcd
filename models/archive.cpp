#include "models/archive.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/deflate.h"
#include "core/error.h"

namespace lathe::models {

namespace {

/// An error's text, and its release.
std::string take_message(zip_error_t& error) {
  std::string message = zip_error_strerror(&error);
  zip_error_fini(&error);
  return message;
}

bool leaves_folder(std::string_view name) {
  const std::filesystem::path path(name);
  return path.is_absolute() || name.find('\\') != std::string_view::npos ||
         std::find(path.begin(), path.end(), "..") != path.end();
}

void check_entry(zip_t* zip, zip_uint64_t index, zip_uint64_t file_bytes,
                 const std::filesystem::path& path) {
  zip_stat_t stat;
  constexpr zip_uint64_t kWanted =
      ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
  if (zip_stat_index(zip, index, 0, &stat) != 0 ||
      (stat.valid & kWanted) != kWanted) {
    fail(path.string(), ": entry ", index, " of the zip can't be read");
  }
  if (leaves_folder(stat.name)) {
    fail(path.string(), ": the zip's entry '", stat.name,
         "' leaves the folder; entries have plain relative names");
  }
  if (stat.comp_size > file_bytes ||
      stat.size / kMostOfDeflate > stat.comp_size) {
    fail(path.string(), ": the zip's entry '", stat.name, "' claims ",
         stat.size, " bytes, more than the ", stat.comp_size,
         " bytes it is packed in can hold");
  }
}

}  // namespace

struct ArchiveReader::Zip {
  explicit Zip(zip_t* opened) : handle(opened) {}
  ~Zip() { zip_discard(handle); }
  Zip(const Zip&) = delete;
  Zip& operator=(const Zip&) = delete;
  zip_t* handle;
};

ArchiveReader::ArchiveReader(std::filesystem::path path)
    : path_(std::move(path)) {
  std::error_code status;
  const auto bytes = std::filesystem::file_size(path_, status);
  if (status) fail(path_.string(), " can't be opened: ", status.message());
  int code = 0;
  zip_t* const opened =
      zip_open(path_.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code);
  if (opened == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    fail(path_.string(), " is not a whole zip file: ", take_message(error));
  }
  zip_ = std::make_unique<Zip>(opened);
  const zip_int64_t entries = zip_get_num_entries(opened, 0);
  for (zip_int64_t i = 0; i < entries; ++i) {
    check_entry(opened, static_cast<zip_uint64_t>(i), bytes, path_);
  }
}

ArchiveReader::~ArchiveReader() = default;

bool ArchiveReader::has(const std::string& name) const {
  return zip_name_locate(zip_->handle, name.c_str(), 0) >= 0;
}

std::string ArchiveReader::read(const std::string& name) const {
  zip_stat_t stat;
  if (zip_stat(zip_->handle, name.c_str(), 0, &stat) != 0) {
    fail(path_.string(), " has no entry '", name, "'");
  }
  zip_file_t* const file = zip_fopen_index(zip_->handle, stat.index, 0);
  if (file == nullptr) {
    fail(path_.string(), ": the zip's entry '", name,
         "' can't be opened: ", zip_strerror(zip_->handle));
  }
  std::string bytes(static_cast<std::size_t>(stat.size), '\0');
  const zip_int64_t count = zip_fread(file, bytes.data(), stat.size);
  // The checksum is compared when the end is met, which takes one read more.
  char beyond = 0;
  const zip_int64_t rest = zip_fread(file, &beyond, 1);
  const std::string message = zip_file_strerror(file);
  zip_fclose(file);
  if (count < 0 || rest < 0) {
    fail(path_.string(), ": the zip's entry '", name,
         "' is damaged: ", message);
  }
  if (static_cast<zip_uint64_t>(count) != stat.size || rest != 0) {
    fail(path_.string(), ": the zip's entry '", name, "' doesn't hold the ",
         stat.size, " bytes it claims");
  }
  return bytes;
}

std::string make_archive(const std::vector<ArchiveEntry>& entries) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const target = zip_source_buffer_create(nullptr, 0, 0, &error);
  zip_t* const zip = target == nullptr
                         ? nullptr
                         : zip_open_from_source(target, ZIP_TRUNCATE, &error);
  if (zip == nullptr) {
    zip_source_free(target);
    fail("a zip can't be begun in memory: ", take_message(error));
  }
  // zip_close takes one reference away; this one keeps the bytes until read.
  zip_source_keep(target);
  for (const ArchiveEntry& entry : entries) {
    zip_source_t* const source =
        zip_source_buffer(zip, entry.bytes.data(), entry.bytes.size(), 0);
    const zip_int64_t index =
        source == nullptr
            ? -1
            : zip_file_add(zip, entry.name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      const std::string message = zip_strerror(zip);
      zip_source_free(source);
      zip_discard(zip);
      zip_source_free(target);
      fail("entry '", entry.name, "' can't be added to a zip: ", message);
    }
    const auto added = static_cast<zip_uint64_t>(index);
    constexpr zip_uint16_t kFirstOfJanuary1980 = 0x21;
    zip_set_file_compression(zip, added, ZIP_CM_STORE, 0);
    zip_file_set_dostime(zip, added, 0, kFirstOfJanuary1980, 0);
  }
  std::string bytes;
  bool whole = zip_close(zip) == 0;
  if (!whole) zip_discard(zip);
  zip_stat_t stat;
  whole = whole && zip_source_stat(target, &stat) == 0 &&
          (stat.valid & ZIP_STAT_SIZE) != 0 && zip_source_open(target) == 0;
  if (whole) {
    bytes.resize(static_cast<std::size_t>(stat.size));
    whole = zip_source_read(target, bytes.data(), stat.size) ==
            static_cast<zip_int64_t>(stat.size);
    zip_source_close(target);
  }
  zip_source_free(target);
  if (!whole) fail("a zip of ", entries.size(), " entries can't be made");
  return bytes;
}

}  // namespace lathe::models
