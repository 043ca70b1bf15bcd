#include "train/tensorboard/event_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/train/label_set.h"
#include "train/callbacks/tensor_board.h"
#include "train/tensorboard/crc32c.h"
#include "train/trainer.h"

namespace lathe::train {
namespace {

using testing::LabelSet;
using testing::read_bytes;
using testing::small_classifier;
using testing::TemporaryFolder;

std::filesystem::path only_file_in(const std::filesystem::path& folder) {
  std::filesystem::path found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_TRUE(found.empty()) << entry.path();
    found = entry.path();
  }
  return found;
}

TEST(Crc32c, IsThatOfItsStandard) {
  // RFC 3720, appendix B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AA);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43);
  std::string rising;
  for (char byte = 0; byte < 32; ++byte) rising += byte;
  EXPECT_EQ(crc32c(rising), 0x46DD794E);
  EXPECT_EQ(crc32c(std::string(rising.rbegin(), rising.rend())), 0x113FDB5C);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283);
  EXPECT_EQ(crc32c(""), 0U);
}

TEST(Crc32c, IsMaskedAsTensorFlowDoesIt) {
  // What Unmask of tensorflow/core/lib/hash/crc32c.h undoes.
  const std::uint32_t moved = masked_crc32c("foo") - 0xA282EAD8;
  EXPECT_EQ(moved >> 17U | moved << 15U, crc32c("foo"));
  EXPECT_NE(masked_crc32c("foo"), crc32c("foo"));
}

TEST(EventFile, ARecordIsLengthCheckBytesCheck) {
  // As TensorFlow's own writer puts it down.
  const std::string record = tf_record("abc");
  ASSERT_EQ(record.size(), 8U + 4 + 3 + 4);
  EXPECT_EQ(record.substr(0, 8), std::string("\3\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(record.substr(12, 3), "abc");
  const auto number = [&](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) {
      value = value << 8U | static_cast<unsigned char>(record[at + i]);
    }
    return value;
  };
  EXPECT_EQ(number(8), masked_crc32c(record.substr(0, 8)));
  EXPECT_EQ(number(15), masked_crc32c("abc"));
}

TEST(EventFile, AnEventIsAProtobufMessage) {
  const TemporaryFolder folder;
  EventFile file(folder / "train");
  file.add_scalar("loss", 300, 0.5);
  file.flush();
  const std::string bytes = read_bytes(only_file_in(folder / "train"));
  EXPECT_NE(bytes.find("\x1A\x0D"
                       "brain.Event:2"),
            std::string::npos);
  // Step 300, then a summary of one value: its tag and the float 0.5.
  const std::string event("\x10\xAC\x02\x2A\x0D\x0A\x0B\x0A\x04loss\x15\0\0\0?",
                          18);
  EXPECT_NE(bytes.find(event), std::string::npos);
}

TEST(EventFile, RemovesItsOwnFilesOnly) {
  const TemporaryFolder folder;
  EventFile::remove_all(folder / "none");
  { EventFile file(folder.path()); }
  { EventFile file(folder.path()); }
  const auto others = folder / "events.out.tfevents.1.keras";
  std::ofstream(others) << "x";
  EventFile::remove_all(folder.path());
  EXPECT_EQ(only_file_in(folder.path()), others);
}

TEST(EventFile, SaysWhereItCantWrite) {
  const TemporaryFolder folder;
  std::ofstream(folder / "file") << "x";
  EXPECT_ANY_THROW(EventFile(folder / "file"));
  EXPECT_THROW(TensorBoard(folder.path(), {.update_freq = -1}), Error);
}

TEST(TensorBoard, AddsToTheFilesOfTheRunItGoesOnWith) {
  const TemporaryFolder folder;
  const LabelSet data(8, 4, 4);
  Trainer trainer(small_classifier(4),
                  {.loss = SparseCategoricalCrossentropy{}});
  const auto fit = [&](std::int64_t epochs) {
    trainer.fit(
        data, {.epochs = epochs,
               .validation = &data,
               .callbacks = {TensorBoard(folder.path(), {.update_freq = 2})}});
  };
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(folder / "train"),
                         {});
  };
  fit(1);
  EXPECT_EQ(files(), 1);
  const std::string train = read_bytes(only_file_in(folder / "train"));
  for (const char* tag : {"epoch_loss", "epoch_accuracy", "epoch_learning_rate",
                          "batch_loss", "batch_learning_rate"}) {
    EXPECT_NE(train.find(tag), std::string::npos) << tag;
  }
  // Of two steps the second.
  EXPECT_EQ(train.find("batch_loss"), train.rfind("batch_loss"));
  EXPECT_EQ(train.find("val_"), std::string::npos);
  const std::string validation =
      read_bytes(only_file_in(folder / "validation"));
  for (const char* tag : {"epoch_loss", "evaluation_loss_vs_iterations"}) {
    EXPECT_NE(validation.find(tag), std::string::npos) << tag;
  }
  fit(2);
  EXPECT_EQ(files(), 2);

  Trainer another(small_classifier(4),
                  {.loss = SparseCategoricalCrossentropy{}});
  another.fit(data, {.callbacks = {TensorBoard(folder.path())}});
  EXPECT_EQ(files(), 1);
}

}  // namespace
}  // namespace lathe::train
