#include "core/storage.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/cuda/memory.h"
#include "core/error.h"
#include "core/tensor.h"

namespace lathe {
namespace {

int on_device(const Tensor& tensor) {
  int value = 0;
  cuda::download(&value, tensor.device(), sizeof(value));
  return value;
}

// As a kernel would.
void write_on_device(const Tensor& tensor, int value) {
  cuda::upload(tensor.written_on_device(), &value, sizeof(value));
}

TEST(Storage, BothSidesSeeWhatTheOtherWrote) {
  const Tensor tensor = Tensor::from<std::int32_t>({1}, {5});
  EXPECT_EQ(on_device(tensor), 5);
  write_on_device(tensor, 6);
  EXPECT_EQ(tensor.values<std::int32_t>()[0], 6);
  tensor.data<std::int32_t>()[0] = 7;
  EXPECT_EQ(on_device(tensor), 7);
  EXPECT_EQ(tensor.clone().values<std::int32_t>()[0], 7);
}

TEST(Storage, RowsAreRowsOnTheDeviceToo) {
  const Tensor tensor = Tensor::from<std::int32_t>({3, 1}, {1, 2, 3});
  const Tensor last = tensor.rows(2, 1);
  EXPECT_EQ(on_device(last), 3);
  write_on_device(last, 9);
  EXPECT_EQ(tensor.values<std::int32_t>()[2], 9);
}

TEST(Storage, AskingTheHostTwiceCopiesOnce) {
  const Tensor tensor = Tensor::from<std::int32_t>({1}, {5});
  write_on_device(tensor, 6);
  std::int32_t* const values = tensor.data<std::int32_t>();
  *values = 8;
  EXPECT_EQ(tensor.data<std::int32_t>(), values);
  EXPECT_EQ(*values, 8);
}

TEST(Storage, APlaceOfTheDeviceIsReadOnTheHost) {
  const auto memory = cuda::device_memory(8);
  const Tensor tensor({{2}, DType::int32}, Storage::on_device(memory.get(), 8));
  const std::int32_t numbers[2] = {3, 4};
  cuda::upload(tensor.overwritten_on_device(), numbers, sizeof(numbers));
  EXPECT_EQ(tensor.values<std::int32_t>()[1], 4);
  EXPECT_EQ(tensor.device(), memory.get());
}

TEST(Storage, SomebodyElsesMemoryHasNoDevice) {
  std::int32_t value = 0;
  const Tensor view({{1}, DType::int32}, &value, nullptr);
  EXPECT_THROW(view.device(), Error);
}

}  // namespace
}  // namespace lathe
