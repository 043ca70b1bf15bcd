#include "tests/fuzz/targets.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "apps/config_file.h"
#include "augment/json.h"
#include "augment/parse.h"
#include "core/error.h"
#include "core/image/read_image.h"
#include "core/image/row_reader.h"
#include "models/archive.h"
#include "models/keras_file.h"
#include "models/safetensors.h"
#include "models/stored_weights.h"
#include "models/unet.h"
#include "models/weights_file.h"
#include "tests/support/temporary_folder.h"
#include "train/data/coco.h"
#include "train/data/csv.h"
#include "train/data/idx_file.h"
#include "train/data/voc.h"
#include "train/data/xml.h"
#include "train/data/yolo.h"

namespace lathe::fuzz {
namespace {

std::string text_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

// Those that read a file get one: the same each time.
std::filesystem::path file_of(Bytes bytes, const std::string& name) {
  static const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder / name;
  std::filesystem::create_directories(path.parent_path());
  testing::write_bytes(path, text_of(bytes));
  return path;
}

template <class Work>
void allowing_errors(const Work& work) {
  try {
    work();
  } catch (const Error&) {
  }
}

void archive(Bytes bytes) {
  const models::ArchiveReader reader(file_of(bytes, "a.zip"));
  for (const char* name : {"config.json", "model.weights.h5"}) {
    if (reader.has(name)) reader.read(name);
  }
}

void coco(Bytes bytes) {
  train::read_coco(file_of(bytes, "coco.json"));
}

void config(Bytes bytes) {
  const std::string file = "--config=" + file_of(bytes, "run.toml").string();
  CLI::App app("fuzz");
  std::string text;
  std::int64_t whole = 0;
  std::uint64_t count = 0;
  double number = 0;
  bool flag = false;
  app.add_option("--text", text);
  app.add_option("--whole", whole);
  app.add_option("--count", count);
  app.add_option("--number", number);
  app.add_flag("--flag", flag);
  const std::array<const char*, 2> arguments{"fuzz", file.c_str()};
  try {
    apps::parse_with_config(app, 2, arguments.data());
  } catch (const CLI::ParseError&) {
  }
}

void csv(Bytes bytes) {
  train::read_csv(file_of(bytes, "table.csv"));
}

void idx(Bytes bytes) {
  train::read_idx(file_of(bytes, "images.idx"), 3);
}

void image(Bytes bytes) {
  allowing_errors([&] { image::decode_image(bytes, "fuzz"); });
  allowing_errors([&] {
    image::decode_image(bytes, "fuzz", {.least_height = 8, .least_width = 8});
  });
  image::decode_mask(bytes, "fuzz");
}

// The config of a file whose weights are those of a small model.
void keras_config(Bytes bytes) {
  static const std::string weights = [] {
    models::WeightsWriter writer;
    models::write_weights(models::unet({.size = {16, 16}, .classes = 1}),
                          writer);
    return writer.finish();
  }();
  const std::string text = text_of(bytes);
  const std::string zip = models::make_archive({{"config.json", text},
                                                {"metadata.json", "{}"},
                                                {"model.weights.h5", weights},
                                                {"lathe.json", text}});
  models::load_with_training(
      file_of({reinterpret_cast<const std::uint8_t*>(zip.data()), zip.size()},
              "a.keras"));
}

void pipeline(Bytes bytes) {
  augment::to_text(augment::parse(text_of(bytes)));
}

void pipeline_json(Bytes bytes) {
  augment::to_text(augment::from_json(text_of(bytes)));
}

// What a picture is row by row it is at once, too.
void rows(Bytes bytes) {
  const std::filesystem::path path = file_of(bytes, "rows");
  const std::unique_ptr<image::RowReader> reader = image::read_rows(path);
  const std::int64_t height = reader->height();
  const auto length = static_cast<std::size_t>(3 * reader->width());
  constexpr std::size_t kMostKept = 1 << 20;
  const bool kept = length * static_cast<std::size_t>(height) <= kMostKept;
  std::vector<std::uint8_t> pixels(kept ? length * height : length);
  for (std::int64_t y = 0; y < height; ++y) {
    reader->read({pixels.data() + (kept ? y * length : 0), length});
  }
  if (!kept) return;
  const Tensor whole = image::decode_image(bytes, "fuzz");
  if (whole.shape() != Shape{height, reader->width(), 3} ||
      !std::ranges::equal(pixels, whole.values<std::uint8_t>())) {
    throw std::logic_error("A picture read in rows is another than at once");
  }
}

void safetensors(Bytes bytes) {
  const models::SafetensorsReader reader(text_of(bytes), "fuzz");
  for (const std::string& name : reader.names()) {
    allowing_errors([&] {
      reader.read(name,
                  Tensor::uninitialized(reader.shape(name), DType::float32));
    });
  }
}

void voc(Bytes bytes) {
  train::read_voc(file_of(bytes, "voc/a.xml").parent_path());
}

void weights(Bytes bytes) {
  const models::WeightsReader reader(text_of(bytes), "fuzz");
  reader.texts("", "layer_names");
  for (const std::string& group : models::groups_with_variables(reader)) {
    reader.texts(group, "name");
    for (const std::string& name : reader.names(group + "/vars")) {
      allowing_errors([&] {
        const std::string path = group + "/vars/" + name;
        reader.read(path,
                    Tensor::uninitialized(reader.shape(path), DType::float32));
      });
    }
  }
}

void xml(Bytes bytes) {
  train::parse_xml(text_of(bytes), "fuzz");
}

void yolo(Bytes bytes) {
  std::vector<train::AnnotatedImage> images(1);
  images[0].file_name = "photo.jpg";
  images[0].size = {.height = 480, .width = 640};
  train::read_yolo(file_of(bytes, "yolo/photo.txt").parent_path(), 3, images);
}

template <void (*Read)(Bytes)>
void read(Bytes bytes) {
  allowing_errors([&] { Read(bytes); });
}

constexpr std::array kTargets{Target{"archive", read<archive>},
                              Target{"coco", read<coco>},
                              Target{"config", read<config>},
                              Target{"csv", read<csv>},
                              Target{"idx", read<idx>},
                              Target{"image", read<image>},
                              Target{"keras_config", read<keras_config>},
                              Target{"pipeline", read<pipeline>},
                              Target{"pipeline_json", read<pipeline_json>},
                              Target{"rows", read<rows>},
                              Target{"safetensors", read<safetensors>},
                              Target{"voc", read<voc>},
                              Target{"weights", read<weights>},
                              Target{"xml", read<xml>},
                              Target{"yolo", read<yolo>}};

}  // namespace

std::span<const Target> targets() {
  return kTargets;
}

}  // namespace lathe::fuzz
