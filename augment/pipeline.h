#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "augment/annotations.h"
#include "augment/augmentation.h"
#include "augment/list.h"
#include "augment/mixed_parts.h"
#include "core/compiler/arena.h"
#include "core/device.h"
#include "core/tensor.h"

namespace lathe::augment {

/// `single` composes the matrices of neighbouring operations and resamples
/// once: faster, and sharper, as nothing is interpolated twice. `exact` applies
/// one operation after the other, as Keras does.
enum class Fusion { single, exact };

struct PipelineOptions {
  Fusion fusion = Fusion::single;
  /// Masks hold class ids, which must not be mixed; heat maps may be.
  Interpolation mask_interpolation = Interpolation::nearest;
  /// What masks show beyond the image with FillMode::constant.
  float mask_fill_value = 0;
  /// The number that the first operation draws under; the others' follow. A
  /// model numbers the operations of all its layers in one row.
  std::uint32_t first_number = 0;

  bool operator==(const PipelineOptions&) const = default;
};

/// A batch to augment; masks may be empty. Images are (N, H, W, C), uint8, or
/// float32 already scaled as the output asks. Masks are (N, H, W, C'), uint8 or
/// float32.
struct Targets {
  Tensor images;
  Tensor masks;
};

/// Where the augmented batch goes: other memory than the input, of the extents
/// that Pipeline::output_size() says.
struct Output {
  /// uint8 or float32.
  Tensor images;
  Tensor masks;
  /// A byte b of an image is b * scale + offset as a float: 0 (black) is
  /// `offset` and 255 (white) is 255 * scale + offset.
  float scale = 1.0F / 255;
  float offset = 0;
};

/// What a batch's draws depend on; one id for each sample. Its objects, of
/// each sample too, are for box_safe_crop only.
struct BatchKey {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  std::span<const std::uint32_t> sample_ids;
  std::span<const Annotations> annotations = {};
};

class Scene;

/// Memory that apply() needs, kept between calls so that the next one allocates
/// nothing.
struct Workspace {
  Tensor memory;
  /// Of a GPU: what kernels read of each sample, which is copied there once for
  /// a batch, and the memory that they work in.
  Tensor parameters = {};
  Arena gpu{Device::cuda};
  /// Of mix_labels(), before and after a mixing.
  std::vector<MixedParts> parts = {};
  std::vector<MixedParts> mixed_parts = {};
};

/// Operations in order, applied to images and masks together. The draws of a
/// sample depend on the seed, the epoch, its id and the operation's position
/// here, and on nothing else: not on the batch it is in, the thread, or the
/// device. So a loader's worker that augments one sample and a training step
/// that augments the batch give the same pixels.
class Pipeline {
 public:
  /// Nothing: images are only scaled.
  Pipeline();
  Pipeline(std::initializer_list<Augmentation> augmentations,
           PipelineOptions options = {});
  explicit Pipeline(std::vector<Augmentation> augmentations,
                    PipelineOptions options = {});

  bool empty() const { return augmentations_.empty(); }
  const std::vector<Augmentation>& augmentations() const {
    return augmentations_;
  }
  const PipelineOptions& options() const { return options_; }

  /// The extents of what it makes of images of that size.
  ImageSize output_size(ImageSize size) const;
  /// Whether samples are made of several of their batch.
  bool mixes() const;
  /// Whether it is only for images with masks of class ids.
  bool needs_masks() const;

  /// Whether it needs the boxes of each sample.
  bool needs_boxes() const;

  /// Throws Error naming an operation that needs boxes, if there is one;
  /// `place` is where it was asked for: "the training step".
  void refuse_in(std::string_view place) const;

  /// How many numbers are drawn for a sample.
  std::int64_t row_length() const { return row_length_; }
  /// Draws a batch: `table` is float32 (N, row_length()). What follows from
  /// boxes is not in it yet.
  void draw(const BatchKey& key, const Tensor& table) const;

  /// Draws and applies. Throws Error for shapes and types that don't fit. With
  /// Device::cuda the output is in the GPU's memory, once its stream gets
  /// there, and what doesn't fit the workspace of the call before allocates.
  void apply(const Targets& input, const BatchKey& key, const Output& output,
             Workspace& workspace, Device device = Device::cpu) const;
  void apply(const Targets& input, const BatchKey& key, const Output& output,
             Device device = Device::cpu) const;
  /// The same in memory of the caller's, workspace_bytes() of it, 64-byte
  /// aligned, not on a GPU.
  void apply(const Targets& input, const BatchKey& key, const Output& output,
             void* workspace, Device device) const;
  std::size_t workspace_bytes(const Targets& input) const;
  /// Bytes that apply() keeps in a GPU's memory for such batches, whose tensors
  /// need no memory.
  std::size_t gpu_bytes(const Targets& input) const;

  /// Moves the boxes and keypoints of a batch, one element a sample, as apply()
  /// moves the pixels of images of that size: boxes around what is left of
  /// their rectangles, within the image. They keep their places, those of
  /// partners in mixing come behind. Keypoints beyond the image become
  /// unlabelled, those under something hidden. What FillMode repeats beyond a
  /// border, and what colours and filters do, has no effect. The key's own
  /// annotations need not be there. Throws Error for
  /// copy_paste, which depends on masks.
  void follow(std::span<Annotations> annotations, const BatchKey& key,
              ImageSize size, const FollowOptions& how = {}) const;

  /// The labels of a batch whose images, of that size, apply() mixes. Labels
  /// are classes, int32 (N, 1), of which those that are none have no part in
  /// the result, or distributions, float32 (N, classes); `output` is float32
  /// (N, classes), other memory. Parts are counted through several mixings;
  /// where pixels move between two, what was mixed before is taken as evenly
  /// spread. Throws Error for copy_paste, which depends on masks.
  void mix_labels(const Tensor& labels, const BatchKey& key, ImageSize size,
                  const Tensor& output, Workspace& workspace) const;

  /// The passes over memory, a line each.
  std::string summary() const;
  /// With what they read and write for an image of (height, width, channels)
  /// that comes as bytes and leaves as float32.
  std::string summary(const Shape& image) const;
  /// What a sample gets in an epoch: "flip: horizontal 1, vertical 0; ...".
  std::string replay(std::uint64_t seed, std::uint32_t epoch,
                     std::uint32_t sample_id) const;

 private:
  /// One effect of an operation, and where the operation's numbers are in a
  /// sample's row of the table.
  struct Stage {
    std::size_t operation = 0;
    const Effect* effect = nullptr;
  };

  /// Stages [first, last), done together: what moves pixels, by matrices and
  /// one warp, then what changes colours, all by one resample, then the
  /// filters; or what mixes samples. A link of a chain has a pass of its own.
  struct Pass {
    std::size_t first = 0;
    std::size_t last = 0;
    /// Empty until an effect asks for one.
    std::optional<Sampling> sampling;
    bool warps = false;
    std::size_t color_steps = 0;
    std::size_t filter_steps = 0;
    /// How many colour steps may need means; what each filter step may need.
    std::int64_t means = 0;
    std::vector<StepNeeds> needs = {};
    bool mixes = false;
    std::optional<ChainLink> link;

    /// Whether it leaves its values in place, where they must be float32.
    bool works_in_place() const { return filter_steps > 0 || mixes; }
  };

  struct Buffers;
  class Places;
  struct Part;

  /// How many passes there are for such an output, one that only converts
  /// included.
  std::size_t pass_count(const Output& output) const;

  void make_passes();
  static bool joins(const Effect& effect, const Pass& pass);
  std::span<float> numbers(const Stage& stage, const Tensor& table,
                           std::int64_t sample) const;
  ImageSize output_size(const Pass& pass, ImageSize size) const;
  /// The controls of the pass' warp, for images of that size before the pass.
  std::size_t warp_controls(const Pass& pass, ImageSize size) const;
  std::string names(const Pass& pass) const;
  std::string summarized(const Shape& image) const;
  // In follow.cpp.
  /// Completes the numbers that depend on boxes, of a pass and of all passes.
  void fit(const Pass& pass, ImageSize size, const Tensor& table,
           std::span<const Scene> scenes) const;
  void fit(std::span<const Annotations> annotations, ImageSize size,
           const Tensor& table) const;
  std::vector<Scene> scenes_after(std::span<const Annotations> annotations,
                                  ImageSize size, const Tensor& table) const;
  void move(const Pass& pass, ImageSize size, const Tensor& table,
            std::span<Scene> scenes) const;
  void mix(const Pass& pass, ImageSize size, const Tensor& table,
           std::vector<Scene>& scenes) const;
  // In buffers.cpp.
  Buffers buffers(const Targets& input, std::byte* memory) const;
  /// The same with the parameters of each pass at places of their own, and what
  /// is between passes in a GPU's memory.
  Buffers gpu_buffers(const Targets& input, std::byte* parameters,
                      std::byte* gpu) const;
  void take_parameters(const Shape& images, bool on_gpu, Places& places,
                       Buffers& result) const;
  void take_images(const Targets& input, Places& places, Buffers& result) const;
  std::size_t gpu_workspace_bytes(const Shape& images) const;
  // In apply.cpp.
  /// Where a sample's pixels come from.
  void find_geometry(const Pass& pass, ImageSize size, const Buffers& memory,
                     std::int64_t sample) const;
  void find_steps(const Pass& pass, ImageSize size,
                  const Buffers& memory) const;
  void run(const Pass& pass, const Targets& input, const Output& output,
           const Buffers& memory, Device device) const;
  /// Runs a link's pass, and blends a chain at its end. `current` stays what
  /// was before the first link until all chains are blended.
  void run_link(const Pass& pass, const Part& part, ImageSize size,
                Targets& current, const Output& output, const Buffers& memory,
                Device device) const;
  // In apply_on_gpu.cpp.
  void find_all_steps(std::size_t count, ImageSize size,
                      const Buffers& memory) const;
  void apply_on_gpu(const Targets& input, const BatchKey& key,
                    const Output& output, Workspace& workspace) const;
  /// Pass i, or behind the last one, the pass that only converts.
  const Pass& pass(std::size_t i) const;
  void run_passes(std::size_t count, const Part& part, const Targets& input,
                  const Output& output, const Buffers& memory,
                  Device device) const;

  std::vector<Augmentation> augmentations_;
  PipelineOptions options_;
  /// Where each operation's numbers begin in a sample's row of the table.
  std::vector<std::size_t> columns_;
  std::int64_t row_length_ = 0;
  std::vector<Stage> stages_;
  std::vector<Pass> passes_;
};

}  // namespace lathe::augment
