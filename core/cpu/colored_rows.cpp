#include "core/cpu/colored_rows.h"

#include <vector>

#include "core/cpu/color_kernels.h"
#include "core/cpu/color_table.h"

namespace lathe::cpu {

namespace {

// What a thread keeps between samples; it grows once.
struct Scratch {
  std::vector<float> values;
  std::vector<float> row;
  std::vector<double> sums;
  std::vector<float> means;
  ColorTable table;
};

// Looking every value up takes about as long as three of the quick steps; a
// power takes ten times as long.
bool pays_in_table(std::span<const ColorStep> steps) {
  for (const ColorStep& step : steps) {
    if (step.kind == ColorKind::gamma) return true;
    if (!acts_on_values(step.kind)) return false;
  }
  return false;
}

class ColoredRows {
 public:
  ColoredRows(const ResampleRows& task, const ValueRange& range,
              Scratch& scratch)
      : task_(task),
        range_(range),
        scratch_(scratch),
        width_(std::int64_t{task.output_width} * task.channels),
        whole_(whole_pixels(task)) {
    const auto channels = static_cast<std::size_t>(task.channels);
    scratch_.sums.assign(channels, 0);
    scratch_.means.resize(channels);
    if (scratch_.row.size() < static_cast<std::size_t>(width_)) {
      scratch_.row.resize(static_cast<std::size_t>(width_));
    }
    values_ = static_cast<float*>(task.output);
    if (task.output_type == DType::uint8) {
      const auto size =
          static_cast<std::size_t>((task.last - task.first) * width_);
      if (scratch_.values.size() < size) scratch_.values.resize(size);
      values_ = scratch_.values.data();
    }
  }

  void run(std::span<const ColorStep> steps) {
    tabled_ = whole_.valid && task_.input_type == DType::uint8 &&
              pays_in_table(steps);
    if (tabled_) scratch_.table.reset(task_.channels);
    std::size_t first = 0;
    bool summed = false;
    do {
      // As many steps as know their means: the first one may need those of the
      // pass before.
      std::size_t last = first;
      while (last < steps.size() &&
             (!needs_means(steps[last].kind) || (summed && last == first))) {
        ++last;
      }
      pass(steps.subspan(first, last - first), last == steps.size());
      summed = true;
      first = last;
    } while (first < steps.size());
  }

 private:
  // Over all rows once: reads them if they are not yet, takes the steps, and
  // stores the values or adds them up for the next pass.
  void pass(std::span<const ColorStep> steps, bool stores) {
    find_means();
    while (tabled_ && !steps.empty() && acts_on_values(steps[0].kind)) {
      scratch_.table.change(steps[0], scratch_.means.data(), range_);
      steps = steps.subspan(1);
    }
    if (tabled_ && steps.empty() && stores) return store_table();
    // What only adds up pixels that are quickly read does not keep them.
    const bool keeps = stores || !steps.empty() || read_ || !whole_.valid;
    for (std::int32_t y = task_.first; y < task_.last; ++y) {
      const ColorRow row{.values = keeps ? values_ + (y - task_.first) * width_
                                         : scratch_.row.data(),
                         .pixels = task_.output_width,
                         .channels = task_.channels};
      if (tabled_) {
        look_up(y, scratch_.table.values(), row.values);
      } else if (!read_) {
        resample(y, row.values);
      }
      if (stores) {
        change_and_store(steps, scratch_.means.data(), range_, row,
                         {.scale = task_.how.scale,
                          .offset = task_.how.offset,
                          .values = output_row(y),
                          .type = task_.output_type});
      } else {
        change_colors(steps, scratch_.means.data(), range_, row);
        add_sums(row, scratch_.sums.data());
      }
    }
    read_ = keeps;
    if (keeps) tabled_ = false;
  }

  void find_means() {
    const auto pixels =
        static_cast<double>(task_.output_height) * task_.output_width;
    for (std::size_t c = 0; c < scratch_.sums.size(); ++c) {
      scratch_.means[c] = static_cast<float>(scratch_.sums[c] / pixels);
      scratch_.sums[c] = 0;
    }
  }

  void store_table() {
    const bool bytes = task_.output_type == DType::uint8;
    scratch_.table.store(task_.how.scale, task_.how.offset, task_.output_type);
    for (std::int32_t y = task_.first; y < task_.last; ++y) {
      if (bytes) {
        look_up(y, scratch_.table.bytes(),
                static_cast<std::uint8_t*>(output_row(y)));
      } else {
        look_up(y, scratch_.table.values(), static_cast<float*>(output_row(y)));
      }
    }
  }

  void* output_row(std::int32_t y) const {
    return static_cast<std::byte*>(task_.output) +
           static_cast<std::size_t>((y - task_.first) * width_) *
               size_of(task_.output_type);
  }

  // Row y of the output, from the input's bytes.
  template <class T>
  void look_up(std::int32_t y, const T* table, T* row) const {
    const std::ptrdiff_t line = whole_.first_y + whole_.step_y * y;
    const auto* from =
        static_cast<const std::uint8_t*>(task_.input) +
        (line * task_.input_width + whole_.first_x) * task_.channels;
    look_up_pixels({.bytes = from,
                    .step = std::ptrdiff_t{whole_.step_x} * task_.channels,
                    .pixels = task_.output_width,
                    .channels = task_.channels},
                   table, row);
  }

  void resample(std::int32_t y, float* row) const {
    const Resample plain{.interpolation = task_.how.interpolation,
                         .fill_mode = task_.how.fill_mode,
                         .fill_value = task_.how.fill_value};
    resample_rows({.how = plain,
                   .input = task_.input,
                   .input_type = task_.input_type,
                   .input_height = task_.input_height,
                   .input_width = task_.input_width,
                   .output = row,
                   .output_type = DType::float32,
                   .output_height = task_.output_height,
                   .output_width = task_.output_width,
                   .channels = task_.channels,
                   .row = task_.row,
                   .warp = task_.warp,
                   .first = y,
                   .last = y + 1});
  }

  const ResampleRows& task_;
  ValueRange range_;
  Scratch& scratch_;
  std::int64_t width_;
  WholePixels whole_;
  // Whether what was done so far is in the table, or in kept rows.
  bool tabled_ = false;
  bool read_ = false;
  float* values_;
};

}  // namespace

void color_rows(const ResampleRows& task, const ValueRange& range,
                std::span<const ColorStep> steps) {
  thread_local Scratch scratch;
  ColoredRows(task, range, scratch).run(steps);
}

}  // namespace lathe::cpu
