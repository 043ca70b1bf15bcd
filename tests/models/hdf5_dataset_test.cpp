// Datasets that HDF5's own library wrote, in every way that is read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include "core/error.h"
#include "models/weights_file.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/temporary_folder.h"

namespace lathe::models {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const Tensor& values() {
  static const Tensor tensor =
      testing::random_tensor({3, 7, 2, 5}, DType::float32, 1);
  return tensor;
}

struct Written {
  hid_t type = H5T_NATIVE_FLOAT;
  /// Of pieces; none for one piece.
  std::vector<hsize_t> chunk;
  int deflate = 0;
  bool shuffle = false;
  bool fletcher32 = false;
  bool is_compact = false;
  H5F_libver_t version = H5F_LIBVER_EARLIEST;
};

/// The file of a dataset "x" of these values.
std::string written_file(const Written& written) {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "x.h5";
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, written.version, H5F_LIBVER_LATEST);
  const hid_t file =
      H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  const hsize_t extents[] = {3, 7, 2, 5};
  const hid_t space = H5Screate_simple(4, extents, nullptr);
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  if (!written.chunk.empty()) H5Pset_chunk(properties, 4, written.chunk.data());
  if (written.shuffle) H5Pset_shuffle(properties);
  if (written.deflate > 0) {
    H5Pset_deflate(properties, static_cast<unsigned>(written.deflate));
  }
  if (written.fletcher32) H5Pset_fletcher32(properties);
  if (written.is_compact) H5Pset_layout(properties, H5D_COMPACT);
  const hid_t dataset = H5Dcreate2(file, "x", written.type, space, H5P_DEFAULT,
                                   properties, H5P_DEFAULT);
  H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT,
           values().raw());
  H5Dclose(dataset);
  H5Pclose(properties);
  H5Sclose(space);
  H5Fclose(file);
  H5Pclose(access);
  return testing::read_bytes(path);
}

Tensor read(const Written& written, DType dtype = DType::float32) {
  const Tensor tensor(values().shape(), dtype);
  WeightsReader(written_file(written), "a.h5").read("x", tensor);
  return tensor;
}

TEST(Hdf5Dataset, IsReadAtOnceAndFromTheHeader) {
  testing::expect_identical(read({}), values());
  testing::expect_identical(read({.is_compact = true}), values());
  for (const bool is_compact : {false, true}) {
    testing::expect_identical(
        read({.is_compact = is_compact, .version = H5F_LIBVER_LATEST}),
        values());
  }
}

TEST(Hdf5Dataset, IsJoinedFromPieces) {
  for (const std::vector<hsize_t>& chunk : std::vector<std::vector<hsize_t>>{
           {3, 7, 2, 5}, {2, 3, 1, 4}, {1, 1, 1, 1}, {1, 7, 2, 2}}) {
    testing::expect_identical(read({.chunk = chunk}), values());
    testing::expect_identical(
        read({.chunk = chunk, .deflate = 9, .shuffle = true}), values());
    testing::expect_identical(read({.chunk = chunk,
                                    .deflate = 1,
                                    .shuffle = true,
                                    .fletcher32 = true}),
                              values());
  }
}

TEST(Hdf5Dataset, IsReadOrRefusedWithAnyByteDamaged) {
  const std::string whole =
      written_file({.chunk = {2, 3, 1, 4}, .deflate = 1, .shuffle = true});
  int refused = 0;
  for (std::size_t place = 0; place < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(~damaged[place]);
    try {
      WeightsReader(damaged, "a.h5").read("x", Tensor(values().shape()));
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("a.h5"));
      ++refused;
    }
  }
  // At least every byte of a packed piece has a checksum.
  EXPECT_GT(refused, 18 * 90);
}

TEST(Hdf5Dataset, LacksNoPiece) {
  std::string file = written_file({.chunk = {2, 3, 1, 4}});
  // The number of pieces, after what a tree of them begins with.
  const std::size_t tree = file.find(std::string("TREE\1\0", 6));
  ASSERT_NE(tree, std::string::npos);
  ASSERT_EQ(file[tree + 6], 2 * 3 * 2 * 2);
  file[tree + 6] = 2 * 3 * 2 * 2 - 1;
  EXPECT_THAT(
      [&] { WeightsReader(file, "a.h5").read("x", Tensor(values().shape())); },
      ThrowsMessage<Error>(HasSubstr("a.h5: x lacks 1 of its pieces")));
}

TEST(Hdf5Dataset, SaysHowPiecesCanBeRead) {
  EXPECT_THAT(
      [] {
        read({.chunk = {2, 3, 1, 4}, .version = H5F_LIBVER_LATEST});
      },
      ThrowsMessage<Error>(HasSubstr("a.h5: x is kept in a way")));
}

TEST(Hdf5Dataset, IsReadFromEveryTypeOfFloat) {
  for (const hid_t type :
       {H5T_IEEE_F32LE, H5T_IEEE_F32BE, H5T_IEEE_F64LE, H5T_IEEE_F64BE}) {
    testing::expect_identical(read({.type = type}), values());
  }
  // As numpy's float16.
  const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(half, 15, 10, 5, 0, 10);
  H5Tset_ebias(half, 15);
  H5Tset_size(half, 2);
  const Tensor rounded = read({.type = half});
  H5Tclose(half);
  for (std::int64_t i = 0; i < rounded.shape().elements(); ++i) {
    const auto place = static_cast<std::size_t>(i);
    const float expected = values().values<float>()[place];
    // Half of the eleventh bit, or of the smallest of all.
    EXPECT_NEAR(rounded.values<float>()[place], expected,
                std::max(std::abs(expected) / 2048, 0x1p-25f));
  }
}

template <class T>
std::vector<double> read_integers(hid_t type, const std::vector<T>& values,
                                  DType dtype) {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "x.h5";
  const hid_t file =
      H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t count = values.size();
  const hid_t space = H5Screate_simple(1, &count, nullptr);
  const hid_t dataset =
      H5Dcreate2(file, "x", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Dwrite(dataset, sizeof(T) == 8 ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32,
           H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Dclose(dataset);
  H5Sclose(space);
  H5Fclose(file);
  const Tensor tensor({static_cast<std::int64_t>(count)}, dtype);
  WeightsReader(testing::read_bytes(path), "a.h5").read("x", tensor);
  std::vector<double> read;
  for (std::size_t i = 0; i < count; ++i) {
    read.push_back(dtype == DType::int64
                       ? static_cast<double>(tensor.values<std::int64_t>()[i])
                       : static_cast<double>(tensor.values<float>()[i]));
  }
  return read;
}

TEST(Hdf5Dataset, IsReadFromEveryTypeOfInteger) {
  const std::vector<std::int32_t> small{0, 1, 5, 127};
  const std::vector<double> expected{0, 1, 5, 127};
  for (const hid_t type :
       {H5T_STD_I8LE, H5T_STD_U8LE, H5T_STD_I16BE, H5T_STD_U16LE, H5T_STD_I32LE,
        H5T_STD_U32BE, H5T_STD_I64LE, H5T_STD_U64LE}) {
    EXPECT_EQ(read_integers(type, small, DType::int64), expected);
    EXPECT_EQ(read_integers(type, small, DType::float32), expected);
  }
  const std::vector<std::int32_t> negative{-1, -128, 100};
  for (const hid_t type :
       {H5T_STD_I8LE, H5T_STD_I16BE, H5T_STD_I32BE, H5T_STD_I64BE}) {
    EXPECT_EQ(read_integers(type, negative, DType::int64),
              (std::vector<double>{-1, -128, 100}));
  }
  const std::vector<std::int64_t> large{std::int64_t{1} << 52};
  EXPECT_EQ(read_integers(H5T_STD_I64LE, large, DType::int64),
            std::vector<double>{0x1p52});
}

TEST(Hdf5Dataset, RefusesNumbersThatTheTypeCannotHold) {
  WeightsWriter writer;
  writer.make_group("vars", "large");
  writer.write("vars/0", Tensor::from<float>({2}, {1, 0x1p63f}));
  const WeightsReader reader(writer.finish(), "a.h5");
  EXPECT_THAT([&] { reader.read("vars/0", Tensor({2}, DType::int64)); },
              ThrowsMessage<Error>(HasSubstr("a.h5: vars/0: 9.22337e+18")));
}

}  // namespace
}  // namespace lathe::models
