#include "core/image/png_writer.h"

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/image/png_guard.h"

namespace lathe::image {

struct PngWriter::State {
  explicit State(const std::filesystem::path& path)
      : name(path.string()),
        file(std::make_unique<AtomicFile>(path)),
        packed(waiting) {}
  explicit State(std::string& bytes) : name("png"), packed(bytes) {}
  ~State() { png_destroy_write_struct(&png, &info); }

  template <class Work>
  void run(const Work& work) {
    if (!png_succeeds(png, work)) {
      fail(name, ": the PNG can't be made: ", complaint.text.data());
    }
    // Errors of the file must not be thrown through libpng.
    constexpr std::size_t kPiece = std::size_t{1} << 16;
    if (packed.size() >= kPiece) flush();
  }
  void flush() {
    if (!file) return;
    file->write(std::as_bytes(std::span(packed)));
    packed.clear();
  }

  static void keep(png_structp png, png_bytep bytes, std::size_t count) {
    auto& packed = static_cast<State*>(png_get_io_ptr(png))->packed;
    bool kept = true;
    try {
      packed.append(reinterpret_cast<const char*>(bytes), count);
    } catch (const std::exception&) {
      kept = false;
    }
    if (!kept) png_error(png, "there is no memory left");
  }

  std::string name;
  std::unique_ptr<AtomicFile> file;
  std::string waiting;  // for the file
  std::string& packed;
  PngComplaint complaint;
  png_structp png = nullptr;
  png_infop info = nullptr;
};

PngWriter::PngWriter(const std::filesystem::path& path, std::int64_t height,
                     std::int64_t width, std::int64_t channels)
    : state_(std::make_unique<State>(path)) {
  begin(height, width, channels);
}

PngWriter::PngWriter(std::string& bytes, std::int64_t height,
                     std::int64_t width, std::int64_t channels)
    : state_(std::make_unique<State>(bytes)) {
  begin(height, width, channels);
}

void PngWriter::begin(std::int64_t height, std::int64_t width,
                      std::int64_t channels) {
  State& s = *state_;
  s.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &s.complaint,
                                  note_png_error, ignore_png_warning);
  if (s.png != nullptr) s.info = png_create_info_struct(s.png);
  if (s.info == nullptr) throw std::bad_alloc();
  const int colours = channels == 1   ? PNG_COLOR_TYPE_GRAY
                      : channels == 3 ? PNG_COLOR_TYPE_RGB
                                      : PNG_COLOR_TYPE_RGB_ALPHA;
  s.run([&] {
    png_set_write_fn(s.png, &s, State::keep, nullptr);
    png_set_IHDR(s.png, s.info, static_cast<png_uint_32>(width),
                 static_cast<png_uint_32>(height), 8, colours,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    // A third of the time that libpng's own choices take, and photographs
    // become no larger.
    constexpr int kLevel = 3;
    png_set_compression_level(s.png, kLevel);
    png_set_filter(s.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_write_info(s.png, s.info);
  });
}

PngWriter::~PngWriter() = default;

void PngWriter::write(std::span<const std::uint8_t> row) {
  state_->run([&] { png_write_row(state_->png, row.data()); });
}

void PngWriter::finish() {
  state_->run([&] { png_write_end(state_->png, nullptr); });
  state_->flush();
  if (state_->file) state_->file->commit();
}

}  // namespace lathe::image
