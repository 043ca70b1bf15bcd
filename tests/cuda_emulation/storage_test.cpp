#include "core/storage.h"

#include <cuda_emulation/runtime.h>
#include <gtest/gtest.h>

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

// More than what is copied from a small block.
constexpr std::int64_t kLarge = 40000;

Tensor filled(const Tensor& tensor, std::int32_t value) {
  for (auto& element : tensor.values<std::int32_t>()) element = value;
  return tensor;
}

// What the device has of it, again and again, in its turn in the stream as a
// kernel would see it. All memory is there before: to get some is to wait.
class Seen {
 public:
  Seen(const Tensor& tensor, std::int32_t times) : tensor_(tensor) {
    tensor.device();
    for (std::int32_t i = 0; i < times; ++i) {
      kept_.push_back(Tensor::pinned(tensor.spec()));
      look();
      kept_.back().values<std::int32_t>();
    }
    next_ = 0;
  }
  void look() { kept_[next_++].receive(tensor_); }
  std::int32_t first(std::size_t i) const {
    return kept_[i].values<std::int32_t>().front();
  }
  std::int32_t last(std::size_t i) const {
    return kept_[i].values<std::int32_t>().back();
  }

 private:
  Tensor tensor_;
  std::vector<Tensor> kept_;
  std::size_t next_ = 0;
};

class StorageOfAStream : public ::testing::TestWithParam<cuda_emulation::Late> {
 protected:
  void SetUp() override { cuda_emulation::set_late(GetParam()); }
  void TearDown() override {
    cuda_emulation::set_late(cuda_emulation::Late::none);
  }
};

// Whichever stream lags behind: each step sees its own batch, though the host
// fills the next one's memory at once.
TEST_P(StorageOfAStream, SendsBatchAfterBatch) {
  for (const std::int64_t size : {std::int64_t{5}, kLarge}) {
    const Tensor batch = Tensor::pinned({{size}, DType::int32});
    Seen seen(filled(batch, -1), 6);
    for (std::int32_t step = 0; step < 6; ++step) {
      filled(batch, step);
      seen.look();
    }
    for (std::int32_t step = 0; step < 6; ++step) {
      EXPECT_EQ(seen.first(static_cast<std::size_t>(step)), step);
      EXPECT_EQ(seen.last(static_cast<std::size_t>(step)), step);
    }
  }
}

TEST_P(StorageOfAStream, TakesWhatArrivesForTheNewest) {
  const Tensor kept = Tensor::pinned({{kLarge}, DType::int32});
  const Tensor source = filled(Tensor({kLarge}, DType::int32), 4);
  kept.receive(source);
  Seen seen(kept, 1);
  seen.look();
  EXPECT_EQ(seen.last(0), 4);
  filled(source, 5);
  kept.receive(source);
  EXPECT_EQ(kept.values<std::int32_t>().front(), 5);
}

TEST_P(StorageOfAStream, ManySmallCopiesKeepTheirValues) {
  const Tensor number({1}, DType::int32);
  Seen seen(number, 200);
  for (std::int32_t i = 0; i < 200; ++i) {
    filled(number, i);
    seen.look();
  }
  for (std::int32_t i = 0; i < 200; ++i) {
    EXPECT_EQ(seen.first(static_cast<std::size_t>(i)), i);
  }
}

INSTANTIATE_TEST_SUITE_P(Late, StorageOfAStream,
                         ::testing::Values(cuda_emulation::Late::none,
                                           cuda_emulation::Late::first,
                                           cuda_emulation::Late::others,
                                           cuda_emulation::Late::all));

TEST(Storage, OnlyPinnedMemoryIsSentTo) {
  const Tensor plain({1}, DType::int32);
  EXPECT_THROW(plain.receive(Tensor({1}, DType::int32)), Error);
}

TEST(Storage, SomebodyElsesMemoryHasNoDevice) {
  std::int32_t value = 0;
  const Tensor view({{1}, DType::int32}, &value, nullptr);
  EXPECT_THROW(view.device(), Error);
}

}  // namespace
}  // namespace lathe
