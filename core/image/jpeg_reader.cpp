#include "core/image/jpeg_reader.h"

// jpeglib.h needs what is included before it.
#include <jpeglib.h>

#include <algorithm>
#include <csetjmp>
#include <string_view>
#include <vector>

#include "core/error.h"

namespace lathe::image {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::uint32_t number(Bytes bytes, std::size_t at, std::size_t count,
                     bool little) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8 | bytes[at + (little ? count - 1 - i : i)];
  }
  return value;
}

// The orientation (1 to 8) in a TIFF header as EXIF 2.3 has it; 1 where there
// is none or it can't be understood.
int exif_orientation(Bytes tiff) {
  if (tiff.size() < 8) return 1;
  const bool little = tiff[0] == 'I';
  const std::size_t directory = number(tiff, 4, 4, little);
  if (directory + 2 > tiff.size()) return 1;
  const std::size_t entries = number(tiff, directory, 2, little);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) return 1;
    if (number(tiff, entry, 2, little) != 0x0112) continue;
    const auto value = static_cast<int>(number(tiff, entry + 8, 2, little));
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

// A few bytes of padding before the end of the file, and the header that some
// telephones write, cost no pixel; every other warning means that data is
// missing or wrong.
bool is_harmless(std::string_view warning) {
  constexpr std::string_view kCorrupt = "Corrupt JPEG data: ";
  return warning.starts_with("Invalid SOS parameters") ||
         (warning.starts_with(kCorrupt) &&
          warning.substr(std::min(warning.size(), kCorrupt.size() + 1)) ==
              " extraneous bytes before marker 0xd9");
}

}  // namespace

struct JpegReader::State {
  explicit State(std::string the_name) : name(std::move(the_name)) {
    info.err = jpeg_std_error(&errors);
    info.client_data = this;
    errors.error_exit = leave;
    errors.emit_message = mind;
  }
  ~State() { jpeg_destroy_decompress(&info); }

  // Calls of libjpeg's, which are left by longjmp where something is wrong;
  // `work` must own nothing.
  template <class Work>
  void run(const Work& work) {
    if (setjmp(jump) != 0) {
      fail(name,
           started ? ": truncated or damaged: "
                   : ": not a JPEG that can be read: ",
           text);
    }
    work();
  }

  [[noreturn]] static void leave(j_common_ptr info) {
    auto& state = *static_cast<State*>(info->client_data);
    state.errors.format_message(info, state.text);
    std::longjmp(state.jump, 1);
  }
  static void mind(j_common_ptr info, int level) {
    if (level >= 0) return;
    auto& state = *static_cast<State*>(info->client_data);
    state.errors.format_message(info, state.text);
    if (!is_harmless(state.text)) std::longjmp(state.jump, 1);
  }
  // A file of some kilobytes could ask for hours of decoding.
  static void limit_scans(j_common_ptr info) {
    constexpr int kMost = 500;
    auto& state = *static_cast<State*>(info->client_data);
    if (state.info.input_scan_number <= kMost) return;
    std::snprintf(state.text, sizeof state.text, "it has more than %d scans",
                  kMost);
    std::longjmp(state.jump, 1);
  }

  std::string name;
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf jump{};
  char text[JMSG_LENGTH_MAX] = {};
  int orientation = 1;
  bool started = false;
  std::int64_t channels = 3;
  std::vector<std::uint8_t> ink;  // a row of CMYK
};

JpegReader::JpegReader(std::string name)
    : state_(std::make_unique<State>(std::move(name))) {
  state_->run([this] { jpeg_create_decompress(&state_->info); });
}

JpegReader::JpegReader(Bytes bytes, std::string name)
    : JpegReader(std::move(name)) {
  state_->run([&] {
    jpeg_mem_src(&state_->info, bytes.data(),
                 static_cast<unsigned long>(bytes.size()));
  });
  read_header();
}

JpegReader::JpegReader(std::FILE* file, std::string name)
    : JpegReader(std::move(name)) {
  state_->run([&] { jpeg_stdio_src(&state_->info, file); });
  read_header();
}

void JpegReader::read_header() {
  State& s = *state_;
  s.run([&] {
    constexpr unsigned kLongest = 0xFFFF;
    jpeg_save_markers(&s.info, JPEG_APP0 + 1, kLongest);
    jpeg_read_header(&s.info, TRUE);
    jpeg_calc_output_dimensions(&s.info);
  });
  constexpr std::string_view kExif("Exif\0\0", 6);
  for (const auto* marker = s.info.marker_list; marker != nullptr;
       marker = marker->next) {
    const Bytes body(marker->data, marker->data_length);
    if (body.size() >= kExif.size() &&
        std::equal(kExif.begin(), kExif.end(), body.begin())) {
      s.orientation = exif_orientation(body.subspan(kExif.size()));
    }
  }
}

JpegReader::~JpegReader() = default;

std::int64_t JpegReader::height() const {
  return state_->info.output_height;
}

std::int64_t JpegReader::width() const {
  return state_->info.output_width;
}

int JpegReader::orientation() const {
  return state_->orientation;
}

bool JpegReader::has_several_scans() const {
  return jpeg_has_multiple_scans(&state_->info) != FALSE;
}

void JpegReader::start(std::int64_t channels, int part) {
  State& s = *state_;
  s.started = true;
  s.channels = channels;
  s.progress.progress_monitor = State::limit_scans;
  s.info.progress = &s.progress;
  s.info.scale_denom = static_cast<unsigned>(part);
  const bool inked = s.info.jpeg_color_space == JCS_CMYK ||
                     s.info.jpeg_color_space == JCS_YCCK;
  s.info.out_color_space = inked           ? JCS_CMYK
                           : channels == 1 ? JCS_GRAYSCALE
                                           : JCS_RGB;
  s.run([&] { jpeg_start_decompress(&s.info); });
  if (inked) s.ink.resize(std::size_t{4} * s.info.output_width);
}

void JpegReader::read(std::span<std::uint8_t> row) {
  State& s = *state_;
  JSAMPROW to = s.ink.empty() ? row.data() : s.ink.data();
  s.run([&] { jpeg_read_scanlines(&s.info, &to, 1); });
  if (s.ink.empty()) return;
  // Adobe writes ink inverted: what is stored is the light that is left.
  const int inverted = s.info.saw_Adobe_marker != FALSE ? 0 : 255;
  auto* light = row.data();
  for (const std::uint8_t* ink = s.ink.data();
       ink != s.ink.data() + s.ink.size(); ink += 4) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      *light++ = static_cast<std::uint8_t>(
          ((ink[c] ^ inverted) * (ink[3] ^ inverted) + 127) / 255);
    }
  }
}

void JpegReader::finish() {
  state_->run([this] { jpeg_finish_decompress(&state_->info); });
}

}  // namespace lathe::image
