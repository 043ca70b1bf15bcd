#include "core/image/png_reader.h"

#include "core/error.h"
#include "core/image/png_guard.h"

namespace lathe::image {

struct PngReader::State {
  ~State() { png_destroy_read_struct(&png, &info, nullptr); }

  template <class Work>
  void run(const Work& work) {
    if (!png_succeeds(png, work)) {
      fail(name, ": truncated or damaged PNG: ", complaint.text.data());
    }
  }

  static void read(png_structp png, png_bytep bytes, std::size_t count) {
    auto* file = static_cast<std::FILE*>(png_get_io_ptr(png));
    if (std::fread(bytes, 1, count, file) == count) return;
    png_error(png, std::ferror(file) != 0 ? "it can't be read to its end"
                                          : "it ends too soon");
  }

  std::string name;
  PngComplaint complaint;
  png_structp png = nullptr;
  png_infop info = nullptr;
};

PngReader::PngReader(std::FILE* file, std::string name)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.name = std::move(name);
  s.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &s.complaint,
                                 note_png_error, ignore_png_warning);
  if (s.png != nullptr) s.info = png_create_info_struct(s.png);
  if (s.info == nullptr) throw std::bad_alloc();
  s.run([&] {
    // As large as a JPEG can be: rows of millions of pixels take memory too.
    constexpr png_uint_32 kMostOfASide = 65535;
    png_set_user_limits(s.png, kMostOfASide, kMostOfASide);
    png_set_read_fn(s.png, file, State::read);
    png_read_info(s.png, s.info);
    png_set_strip_16(s.png);
    png_set_strip_alpha(s.png);
    png_set_palette_to_rgb(s.png);
    png_set_expand_gray_1_2_4_to_8(s.png);
    png_set_gray_to_rgb(s.png);
    png_read_update_info(s.png, s.info);
  });
}

PngReader::~PngReader() = default;

std::int64_t PngReader::height() const {
  return png_get_image_height(state_->png, state_->info);
}

std::int64_t PngReader::width() const {
  return png_get_image_width(state_->png, state_->info);
}

bool PngReader::is_interlaced() const {
  return png_get_interlace_type(state_->png, state_->info) !=
         PNG_INTERLACE_NONE;
}

void PngReader::read(std::span<std::uint8_t> row) {
  state_->run([&] { png_read_row(state_->png, row.data(), nullptr); });
}

void PngReader::finish() {
  state_->run([&] { png_read_end(state_->png, nullptr); });
}

}  // namespace lathe::image
