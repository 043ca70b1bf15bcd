#include "augment/pipeline.h"

#include <algorithm>

#include "core/error.h"

namespace lathe::augment {

Pipeline::Pipeline() : Pipeline(std::vector<Augmentation>()) {}

Pipeline::Pipeline(std::initializer_list<Augmentation> augmentations,
                   PipelineOptions options)
    : Pipeline(std::vector<Augmentation>(augmentations), options) {}

Pipeline::Pipeline(std::vector<Augmentation> augmentations,
                   PipelineOptions options)
    : augmentations_(std::move(augmentations)), options_(options) {
  std::size_t column = 0;
  for (const Augmentation& augmentation : augmentations_) {
    columns_.push_back(column);
    column += augmentation.parameters().size();
  }
  columns_.push_back(column);
  row_length_ = static_cast<std::int64_t>(column);
  make_passes();
}

void Pipeline::make_passes() {
  for (std::size_t k = 0; k < augmentations_.size(); ++k) {
    for (const Effect* effect : augmentations_[k].effects()) {
      stages_.push_back({.operation = k, .effect = effect});
    }
  }
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    const Effect& effect = *stages_[i].effect;
    const std::optional<ChainLink> link = effect.chain_link();
    const bool opens = link && link->opens();
    // Samples are mixed, and chains blended with what was before, as float32,
    // which a pass before makes of them.
    if (passes_.empty() ? effect.mixes() || opens
                        : opens && passes_.back().link) {
      passes_.push_back({});
    }
    if (passes_.empty() || options_.fusion == Fusion::exact ||
        !joins(effect, passes_.back())) {
      passes_.push_back({.first = i, .last = i, .sampling = {}});
    }
    Pass& pass = passes_.back();
    pass.last = i + 1;
    if (effect.sampling()) pass.sampling = effect.sampling();
    pass.warps = pass.warps || effect.warps();
    pass.color_steps += effect.color_steps();
    pass.filter_steps += effect.filter_steps();
    pass.means += effect.needs().means;
    pass.needs.resize(pass.filter_steps, effect.needs());
    pass.mixes = effect.mixes();
    pass.link = link;
  }
  if (passes_.empty()) passes_.push_back({});
}

// Whole pixels can move before or after their colours change; what is
// interpolated or filled can't, nor may the mean that contrast needs be that of
// a part.
bool Pipeline::joins(const Effect& effect, const Pass& pass) {
  if (effect.mixes() || pass.mixes) return false;
  if (effect.chain_link() || pass.link || effect.needs_boxes()) return false;
  if (pass.filter_steps > 0)
    return !effect.moves() && effect.color_steps() == 0;
  if (effect.warps() && pass.warps) return false;
  if (effect.resizes() && pass.color_steps > 0) return false;
  const std::optional<Sampling> sampling = effect.sampling();
  return !sampling || (pass.color_steps == 0 &&
                       (!pass.sampling || *sampling == *pass.sampling));
}

ImageSize Pipeline::output_size(const Pass& pass, ImageSize size) const {
  for (std::size_t i = pass.first; i < pass.last; ++i) {
    size = stages_[i].effect->output_size(size);
  }
  return size;
}

ImageSize Pipeline::output_size(ImageSize size) const {
  for (const Pass& pass : passes_) size = output_size(pass, size);
  return size;
}

std::size_t Pipeline::warp_controls(const Pass& pass, ImageSize size) const {
  for (std::size_t i = pass.first; i < pass.last; ++i) {
    const Effect& effect = *stages_[i].effect;
    if (effect.warps()) return effect.warp_controls(size);
    size = effect.output_size(size);
  }
  return 0;
}

bool Pipeline::mixes() const {
  return std::ranges::any_of(passes_, &Pass::mixes);
}

bool Pipeline::needs_masks() const {
  return std::ranges::any_of(
      stages_, [](const Stage& stage) { return stage.effect->needs_masks(); });
}

bool Pipeline::needs_boxes() const {
  return std::ranges::any_of(augmentations_, &Augmentation::needs_boxes);
}

void Pipeline::refuse_in(std::string_view place) const {
  for (const Augmentation& each : augmentations_) {
    if (!each.needs_boxes()) continue;
    fail("augmentation '", each.name(), "' needs the boxes of a sample, which ",
         place, " doesn't have");
  }
}

void Pipeline::draw(const BatchKey& key, const Tensor& table) const {
  const TensorSpec spec{
      {static_cast<std::int64_t>(key.sample_ids.size()), row_length_},
      DType::float32};
  if (table.spec() != spec) {
    fail("augmentation: the table is ", table.spec(), "; it must be ", spec);
  }
  const std::span<float> values = table.values<float>();
  for (std::size_t n = 0; n < key.sample_ids.size(); ++n) {
    for (std::size_t k = 0; k < augmentations_.size(); ++k) {
      Philox random({.seed = key.seed,
                     .epoch = key.epoch,
                     .sample = key.sample_ids[n],
                     .operation = RandomStream::augmentation +
                                  options_.first_number +
                                  static_cast<std::uint32_t>(k)});
      augmentations_[k].draw(random,
                             values.subspan(n * columns_.back() + columns_[k],
                                            columns_[k + 1] - columns_[k]));
    }
  }
}

std::span<float> Pipeline::numbers(const Stage& stage, const Tensor& table,
                                   std::int64_t sample) const {
  const std::size_t start = columns_[stage.operation];
  return table.values<float>().subspan(
      static_cast<std::size_t>(sample) * columns_.back() + start,
      columns_[stage.operation + 1] - start);
}

std::string Pipeline::names(const Pass& pass) const {
  std::string text;
  for (std::size_t i = pass.first; i < pass.last; ++i) {
    const std::size_t k = stages_[i].operation;
    if (i > pass.first && k == stages_[i - 1].operation) continue;
    text += concat(text.empty() ? "" : ", ", augmentations_[k].name());
  }
  return text.empty() ? "nothing" : text;
}

std::string Pipeline::summary() const {
  return summarized({});
}

std::string Pipeline::summary(const Shape& image) const {
  if (image.rank() != 3) {
    fail("augmentation: a summary for images of ", image,
         "; they must be (H, W, C)");
  }
  return summarized(image);
}

std::string Pipeline::summarized(const Shape& image) const {
  constexpr double kKilobyte = 1000;
  std::string text =
      concat("augmentation: ", augmentations_.size(), " operations in ",
             passes_.size(), passes_.size() == 1 ? " pass" : " passes",
             " over the batch\n");
  const bool counts = image.rank() == 3;
  ImageSize size;
  if (counts) size = {.height = image[0], .width = image[1]};
  const auto values = [&] {
    return static_cast<double>(size.height * size.width * image[2]);
  };
  double moved = 0;
  for (std::size_t i = 0; i < passes_.size(); ++i) {
    const Sampling sampling = passes_[i].sampling.value_or(Sampling{});
    text += concat("  ", i + 1, ". ", names(passes_[i]));
    if (passes_[i].mixes) {
      text += ": among the batch's samples";
    } else if (const auto& link = passes_[i].link) {
      text += concat(": images ", name_of(sampling.interpolation), ", chain ",
                     link->chain + 1, " of ", link->chains);
    } else {
      text += concat(": images ", name_of(sampling.interpolation), ", masks ",
                     name_of(options_.mask_interpolation),
                     ", beyond the border ", name_of(sampling.fill_mode));
    }
    if (counts) {
      const double read = values() * (i == 0 ? 1 : sizeof(float));
      size = output_size(passes_[i], size);
      const double written = values() * sizeof(float);
      text += concat(", ", read / kKilobyte, " kB read and ",
                     written / kKilobyte, " kB written a sample");
      if (mixes() || i == 0) moved += read;
      if (mixes() || i + 1 == passes_.size()) moved += written;
    }
    text += "\n";
  }
  if (counts) {
    text += concat("  ", moved / kKilobyte, " kB of memory a sample",
                   passes_.size() > 1 && !mixes()
                       ? ": what lies between passes stays in the caches\n"
                       : "\n");
  }
  return text;
}

std::string Pipeline::replay(std::uint64_t seed, std::uint32_t epoch,
                             std::uint32_t sample_id) const {
  const Tensor table({1, row_length_});
  draw({.seed = seed, .epoch = epoch, .sample_ids = {&sample_id, 1}}, table);
  const std::span<const float> row = table.values<float>();
  std::string text;
  for (std::size_t k = 0; k < augmentations_.size(); ++k) {
    text += concat(text.empty() ? "" : "; ",
                   augmentations_[k].describe(row.subspan(
                       columns_[k], columns_[k + 1] - columns_[k])));
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace lathe::augment
