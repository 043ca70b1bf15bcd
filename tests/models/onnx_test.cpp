// What is refused, and the bytes that carry the rest; onnx_exchange.py lets
// onnxruntime run the files.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "layers/input.h"
#include "models/export_onnx.h"
#include "models/protobuf_message.h"
#include "tests/support/temporary_folder.h"

namespace lathe::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A user's own layer, of an operation that no layer of Keras' needs.
class FirstChannel : public layers::Definition {
 public:
  FirstChannel() : Definition("FirstChannel", "first_channel") {}
  nlohmann::json config() const override { return base_config(); }
  Shape output_shape(const std::vector<Shape>& inputs) const override {
    return {inputs[0][0], 1};
  }
  graph::ValueId lower(
      layers::Lowering& lowering,
      const std::vector<graph::ValueId>& inputs) const override {
    const std::int64_t batch = lowering.graph().shape(inputs[0])[0];
    return lowering.graph().apply(
        graph::Slice{.begin = {0, 0}, .extents = {batch, 1}}, inputs, name());
  }
};

TEST(ExportOnnx, NamesTheOperationThatOnnxDoesNotHave) {
  const testing::TemporaryFolder folder;
  const layers::Symbol input = layers::Input({.shape = {3}});
  const Model model(input,
                    layers::Layer(std::make_shared<FirstChannel>())(input));
  EXPECT_THAT([&] { export_onnx(model, folder / "a.onnx"); },
              ThrowsMessage<Error>(
                  HasSubstr("first_channel: slice can't be exported")));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.onnx"));
}

// The examples of protobuf.dev/programming-guides/encoding.
TEST(ProtobufMessage, IsInTheWireFormat) {
  ProtobufMessage inner;
  inner.add_integer(1, 150);
  EXPECT_EQ(inner.bytes(), "\x08\x96\x01");
  ProtobufMessage outer;
  outer.add_message(3, inner).add_bytes(2, "testing");
  EXPECT_EQ(outer.bytes(),
            "\x1a\x03\x08\x96\x01"
            "\x12\x07testing");
  ProtobufMessage numbers;
  numbers.add_integer(20, -2).add_float(1, 0.5F);
  EXPECT_EQ(numbers.bytes(),
            std::string("\xa0\x01\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                        "\x0d\x00\x00\x00\x3f",
                        17));
}

}  // namespace
}  // namespace lathe::models
