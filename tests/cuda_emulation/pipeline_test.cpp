// Pipelines on an emulated GPU give the pixels of the CPU.
#include "augment/pipeline.h"

#include <cuda_emulation/runtime.h>
#include <gtest/gtest.h>

#include "augment/image_effect.h"
#include "augment/parse.h"
#include "core/compiler/executable.h"
#include "core/error.h"
#include "models/unet.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "train/data/scene_set.h"
#include "train/extended_model.h"

namespace lathe::augment {
namespace {

constexpr std::int64_t kSamples = 4;
constexpr std::array<std::uint32_t, kSamples> kIds{3, 8, 1, 900};
const BatchKey kKey{.seed = 7, .epoch = 2, .sample_ids = kIds};

Targets batch_of(std::int64_t height, std::int64_t width) {
  return {.images = testing::random_integers({kSamples, height, width, 3},
                                             DType::uint8, 1, 256),
          .masks = testing::random_integers({kSamples, height, width, 1},
                                            DType::uint8, 2, 4)};
}

Targets applied(const Pipeline& pipeline, const Targets& input, DType dtype,
                Workspace& workspace, Device device) {
  const Shape& shape = input.images.shape();
  const ImageSize size =
      pipeline.output_size({.height = shape[1], .width = shape[2]});
  const Targets made{
      .images = Tensor({kSamples, size.height, size.width, 3}, dtype),
      .masks = Tensor({kSamples, size.height, size.width, 1}, DType::uint8)};
  pipeline.apply(input, kKey, {.images = made.images, .masks = made.masks},
                 workspace, device);
  return made;
}

// Both do the same to each pixel, but sum over neighbours and channels in
// another order, a few 6e-8 apart; a contrast or a curve multiplies that. Masks
// are chosen, not computed.
void expect_like_cpu(const Pipeline& pipeline, const Targets& input,
                     DType dtype, Workspace& workspace) {
  const Targets expected =
      applied(pipeline, input, dtype, workspace, Device::cpu);
  const std::size_t before = cuda_emulation::bytes_to_host();
  const Targets seen = applied(pipeline, input, dtype, workspace, Device::cuda);
  EXPECT_EQ(cuda_emulation::bytes_to_host(), before) << "went to the host";
  testing::expect_close(seen.images, expected.images, 0,
                        dtype == DType::uint8 ? 1 : 1e-5);
  testing::expect_identical(seen.masks, expected.masks);
}

std::string text_of(const std::string& name) {
  if (name == "one_of" || name == "some_of" || name == "random_order" ||
      name == "sequence") {
    return name + "(contrast=0.4,equalize,gaussian_blur,erasing)";
  }
  if (name == "crop" || name == "center_crop" || name == "resize" ||
      name == "letterbox") {
    return name + "=9:11";
  }
  return name == "pad" ? "pad=19:20" : name;
}

TEST(PipelineOnAGpu, DoesEveryOperationAsTheCpu) {
  Workspace workspace;
  for (const std::string& name : known_names()) {
    const Pipeline pipeline = parse(text_of(name));
    if (pipeline.needs_boxes()) continue;
    SCOPED_TRACE(text_of(name));
    const bool square = name == "transpose" || name == "turn";
    expect_like_cpu(pipeline, batch_of(14, square ? 14 : 17), DType::float32,
                    workspace);
  }
}

TEST(PipelineOnAGpu, DoesSeveralPassesAsTheCpu) {
  Workspace workspace;
  for (const std::string text :
       {"flip=horizontal,rotation=0.1,color_jitter(brightness=0.2,contrast=0.3,"
        "saturation=0.2,hue=0.05,random_order=true),cutout(holes=3,masks=true),"
        "gaussian_noise=0.05",
        "elastic,optical_distortion(factor=0.3),clahe(tiles=3),motion_blur,"
        "sharpness,cutmix,mixup",
        "resized_crop(size=12:13),contrast=0.4,rotation=0.2,contrast=0.4,"
        "mosaic,copy_paste(p=1),equalize"}) {
    const Pipeline pipeline = parse(text);
    SCOPED_TRACE(text);
    for (const DType dtype : {DType::float32, DType::uint8}) {
      expect_like_cpu(pipeline, batch_of(14, 17), dtype, workspace);
    }
  }
}

// As a model's first layer.
TEST(PipelineOnAGpu, IsAnOperationOfAGraph) {
  const auto run = [](Device device) {
    graph::Graph graph;
    const TensorSpec images{{kSamples, 14, 17, 3}};
    const graph::ValueId x = graph.add_input("x", images);
    const graph::ValueId draw =
        graph.add_input("draw", {{kSamples + 2}, DType::int64});
    graph.mark_output(
        "y", graph.apply(
                 graph::Augmentation{
                     .effect =
                         effect_of(parse("rotation=0.1,contrast=0.3"), {0, 1})},
                 {x, draw}));
    Executable executable(graph, {}, {.device = device});
    executable.input("x").copy_from(
        testing::random_tensor(images.shape, DType::float32, 3, 0, 1));
    executable.input("draw").copy_from(
        Tensor::from<std::int64_t>({kSamples + 2}, {7, 2, 3, 8, 1, 900}));
    executable.run();
    return executable.output("y").clone();
  };
  testing::expect_close(run(Device::cuda), run(Device::cpu), 0, 1e-5);
}

// Of the batch nothing: the loss and counts, and what the optimizer says.
TEST(PipelineOnAGpu, LeavesTheBatchThere) {
  models::Model model =
      models::unet({.size = {16, 16}, .entry_filters = 4, .filters = {8, 12}});
  model.initialize(3);
  train::ExtendedModel trainer(
      model, parse("flip=horizontal,rotation=0.1,contrast=0.2,mixup"),
      {.optimizer = train::Adam{.learning_rate = 1e-4},
       .device = Device::cuda});
  const train::SceneSet data({.size = {16, 16}, .count = 8, .batch_size = 4});
  train::Loader loader(data, {.batch_size = 4});
  train::Batch batch;
  for (int step = 0; step < 2; ++step) {
    ASSERT_TRUE(loader.next(batch));
    const std::size_t before = cuda_emulation::bytes_to_host();
    trainer.train_step(batch);
    EXPECT_LT(cuda_emulation::bytes_to_host() - before, 512U);
  }
}

}  // namespace
}  // namespace lathe::augment
