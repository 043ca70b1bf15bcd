#include "train/tensorboard/event_file.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "core/error.h"
#include "models/protobuf_message.h"
#include "train/tensorboard/crc32c.h"

namespace lathe::train {
namespace {

namespace fs = std::filesystem;
using models::ProtobufMessage;

// What TensorBoard knows its files by, and what we know ours by.
constexpr std::string_view kBeginning = "events.out.tfevents.";
constexpr std::string_view kEnding = ".lathe";

double seconds_since_1970() {
  return std::chrono::duration<double>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// TensorBoard reads the files of a folder in the order of their names.
std::string new_name() {
  static std::atomic<int> count = 0;
  return concat(kBeginning, static_cast<std::int64_t>(seconds_since_1970()),
                ".", getpid(), ".", count++, kEnding);
}

std::string little_endian(std::uint64_t value, unsigned bytes) {
  std::string text;
  for (unsigned i = 0; i < bytes; ++i) {
    text.push_back(static_cast<char>(value >> 8 * i));
  }
  return text;
}

}  // namespace

std::string tf_record(std::string_view bytes) {
  std::string record = little_endian(bytes.size(), 8);
  record += little_endian(masked_crc32c(record), 4);
  record += bytes;
  record += little_endian(masked_crc32c(bytes), 4);
  return record;
}

EventFile::EventFile(const fs::path& folder) : path_(folder / new_name()) {
  fs::create_directories(folder);
  file_.reset(std::fopen(path_.c_str(), "wb"));
  if (!file_) {
    fail(path_.string(), ": can't be written: ", std::strerror(errno));
  }
  write(ProtobufMessage()
            .add_double(1, seconds_since_1970())
            .add_bytes(3, "brain.Event:2")
            .bytes());
  flush();
}

void EventFile::add_scalar(std::string_view tag, std::int64_t step,
                           double value) {
  add(step, ProtobufMessage()
                .add_bytes(1, tag)
                .add_float(2, static_cast<float>(value))
                .bytes());
}

void EventFile::add_image(std::string_view tag, std::int64_t step,
                          std::int64_t height, std::int64_t width,
                          std::string_view encoded) {
  constexpr std::int64_t kRgb = 3;
  ProtobufMessage image;
  image.add_integer(1, height)
      .add_integer(2, width)
      .add_integer(3, kRgb)
      .add_bytes(4, encoded);
  add(step, ProtobufMessage().add_bytes(1, tag).add_message(4, image).bytes());
}

void EventFile::add_text(std::string_view tag, std::int64_t step,
                         std::string_view text) {
  constexpr std::int64_t kString = 7;
  constexpr std::int64_t kTensor = 2;
  const auto tensor =
      ProtobufMessage().add_integer(1, kString).add_bytes(8, text);
  const auto plugin = ProtobufMessage().add_bytes(1, "text");
  const auto metadata =
      ProtobufMessage().add_message(1, plugin).add_integer(4, kTensor);
  add(step, ProtobufMessage()
                .add_bytes(1, tag)
                .add_message(8, tensor)
                .add_message(9, metadata)
                .bytes());
}

void EventFile::add(std::int64_t step, std::string_view value) {
  const auto summary = ProtobufMessage().add_bytes(1, value);
  write(ProtobufMessage()
            .add_double(1, seconds_since_1970())
            .add_integer(2, step)
            .add_message(5, summary)
            .bytes());
}

void EventFile::write(std::string_view event) {
  const std::string record = tf_record(event);
  if (std::fwrite(record.data(), 1, record.size(), file_.get()) !=
      record.size()) {
    fail(path_.string(), ": can't be written: ", std::strerror(errno));
  }
}

void EventFile::flush() {
  if (std::fflush(file_.get()) != 0) {
    fail(path_.string(), ": can't be written: ", std::strerror(errno));
  }
}

void EventFile::remove_all(const fs::path& folder) {
  if (!fs::is_directory(folder)) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kBeginning) && name.ends_with(kEnding)) {
      fs::remove(entry.path());
    }
  }
}

}  // namespace lathe::train
