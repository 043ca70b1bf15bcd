#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace lathe::train {

/// One record of a TFRecord file: length, its check, the bytes, their check
/// (tensorflow.org/tutorials/load_data/tfrecord).
std::string tf_record(std::string_view bytes);

/// A file of what TensorBoard shows, record after record: TFRecords of
/// tensorboard/compat/proto/event.proto. What was added is on disk after
/// flush().
class EventFile {
 public:
  /// A new file with a name of its own in that folder, which is made.
  explicit EventFile(const std::filesystem::path& folder);

  /// A number at a step; shown under "scalars".
  void add_scalar(std::string_view tag, std::int64_t step, double value);
  /// A picture as PNG or JPEG; shown under "images".
  void add_image(std::string_view tag, std::int64_t step, std::int64_t height,
                 std::int64_t width, std::string_view encoded);
  /// Markdown; shown under "text".
  void add_text(std::string_view tag, std::int64_t step, std::string_view text);
  /// Throws Error naming the file where that is not possible.
  void flush();

  /// Removes the files that this class made in a folder, before now.
  static void remove_all(const std::filesystem::path& folder);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  // A Summary.Value at a step.
  void add(std::int64_t step, std::string_view value);
  void write(std::string_view event);

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace lathe::train
