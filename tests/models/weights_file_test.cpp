#include "models/weights_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include "core/error.h"
#include "tests/support/compare.h"
#include "tests/support/random.h"
#include "tests/support/temporary_folder.h"

namespace lathe::models {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const Tensor& kernel() {
  static const Tensor tensor =
      testing::random_tensor({3, 3, 2, 5}, DType::float32, 1);
  return tensor;
}

std::string small_file() {
  WeightsWriter writer;
  writer.make_group("layers/conv2d/vars", "stem");
  writer.write("layers/conv2d/vars/0", kernel());
  writer.make_group("optimizer/vars", "adam");
  writer.write("optimizer/vars/0", Tensor::from<std::int64_t>({}, {7}));
  return writer.finish();
}

TEST(WeightsFile, GivesBackWhatWasWritten) {
  const WeightsReader reader(small_file(), "a.keras");
  Tensor read({3, 3, 2, 5});
  reader.read("layers/conv2d/vars/0", read);
  testing::expect_identical(read, kernel());
  const Tensor scalar({}, DType::int64);
  reader.read("optimizer/vars/0", scalar);
  EXPECT_EQ(scalar.values<std::int64_t>()[0], 7);
  EXPECT_EQ(reader.shape("layers/conv2d/vars/0"), kernel().shape());
  EXPECT_EQ(reader.names("layers/conv2d/vars"), std::vector<std::string>{"0"});
  EXPECT_TRUE(reader.names("layers/dense/vars").empty());
}

TEST(WeightsFile, ReadsInTheTensorsType) {
  const WeightsReader reader(small_file(), "a.keras");
  const Tensor scalar({}, DType::float32);
  reader.read("optimizer/vars/0", scalar);
  EXPECT_EQ(scalar.values<float>()[0], 7.0f);
}

TEST(WeightsFile, TwoAtATimeStayApart) {
  WeightsWriter writer;
  writer.make_group("vars", "other");
  writer.write("vars/0", Tensor::from<float>({1}, {3}));
  const WeightsReader first(small_file(), "first.keras");
  const WeightsReader second(writer.finish(), "second.keras");
  EXPECT_TRUE(first.has("layers/conv2d"));
  EXPECT_FALSE(second.has("layers/conv2d"));
  EXPECT_TRUE(second.has("vars/0"));
}

TEST(WeightsFile, IsTheSameBytesEachTime) {
  EXPECT_EQ(small_file(), small_file());
}

TEST(WeightsFile, NamesWhatIsWrong) {
  const WeightsReader reader(small_file(), "a.keras");
  EXPECT_THAT([&] { reader.read("layers/conv2d/vars/1", Tensor({1})); },
              ThrowsMessage<Error>(
                  HasSubstr("a.keras: layers/conv2d/vars/1 is missing")));
  EXPECT_THAT(
      [&] {
        reader.read("layers/conv2d/vars/0", Tensor({3, 3}));
      },
      ThrowsMessage<Error>(
          AllOf(HasSubstr("(3, 3, 2, 5)"), HasSubstr("expected (3, 3)"))));
  EXPECT_THAT([&] { reader.shape("layers/conv2d"); },
              ThrowsMessage<Error>(HasSubstr("is no dataset")));
  EXPECT_THAT([&] { reader.names("optimizer/vars/0"); },
              ThrowsMessage<Error>(HasSubstr("is no group")));
}

TEST(WeightsFile, RefusesWhatLiesElsewhereOrClaimsTooMuch) {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "hostile.h5";
  const hid_t file =
      H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external("/etc/other.h5", "/vars", file, "external", H5P_DEFAULT,
                     H5P_DEFAULT);
  H5Lcreate_soft("/claims", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
  // Four terabytes, none of which is written.
  const hsize_t extents[] = {hsize_t{1} << 20, hsize_t{1} << 20};
  const hsize_t chunk[] = {1024, 1024};
  const hid_t space = H5Screate_simple(2, extents, nullptr);
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 2, chunk);
  H5Pset_deflate(properties, 6);
  H5Dclose(H5Dcreate2(file, "claims", H5T_NATIVE_FLOAT, space, H5P_DEFAULT,
                      properties, H5P_DEFAULT));
  H5Pclose(properties);
  H5Sclose(space);
  H5Fclose(file);

  const WeightsReader reader(testing::read_bytes(path), "a.keras");
  EXPECT_THAT([&] { reader.shape("external"); }, ::testing::Throws<Error>());
  EXPECT_THAT([&] { reader.shape("soft"); }, ::testing::Throws<Error>());
  EXPECT_THAT([&] { reader.shape("claims"); },
              ThrowsMessage<Error>(HasSubstr("a.keras: claims")));
}

// A collection of texts with one object of so many bytes, as `is_free` room.
std::string heap_of(bool is_free, std::uint64_t length) {
  std::string heap("GCOL\1\0\0\0", 8);
  const auto append = [&](std::uint64_t number) {
    heap.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  append(64);
  append(is_free ? 0 : 1);
  append(length);
  heap.resize(64);
  return heap;
}

TEST(WeightsFile, RefusesHeapsWhoseObjectsEndNowhere) {
  const auto read = [](const std::string& heap) {
    WeightsReader(small_file() + heap, "a.h5");
  };
  EXPECT_NO_THROW(read(heap_of(true, 48)));
  EXPECT_NO_THROW(read(heap_of(false, 30)));
  for (const std::string& heap :
       {heap_of(true, 0), heap_of(true, 64), heap_of(false, 40),
        heap_of(false, ~std::uint64_t{15}), heap_of(true, 48).substr(0, 12),
        heap_of(true, 48).substr(0, 63)}) {
    EXPECT_THAT([&] { read(heap); },
                ThrowsMessage<Error>(AllOf(HasSubstr("a.h5: the HDF5 heap"),
                                           HasSubstr("bytes more"))));
  }
}

// The file of a group "texts" whose attribute "names" has these, after so many
// bytes that HDF5 does not look at.
std::string file_of_texts(const std::vector<const char*>& names,
                          hsize_t user_block,
                          H5F_libver_t version = H5F_LIBVER_EARLIEST) {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "texts.h5";
  const hid_t properties = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_userblock(properties, user_block);
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, version, H5F_LIBVER_LATEST);
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties, access);
  H5Pclose(access);
  H5Pclose(properties);
  const hid_t group =
      H5Gcreate2(file, "texts", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t text = H5Tcopy(H5T_C_S1);
  H5Tset_size(text, H5T_VARIABLE);
  const hsize_t count = names.size();
  const hid_t space = H5Screate_simple(1, &count, nullptr);
  const hid_t attribute =
      H5Acreate2(group, "names", text, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, text, names.data());
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(text);
  H5Gclose(group);
  H5Fclose(file);
  return testing::read_bytes(path);
}

TEST(WeightsFile, ReadsTextsOfVariableLength) {
  const std::vector<std::string> expected{"kernel", "", "a longer name"};
  for (const hsize_t user_block : {0, 512}) {
    for (const H5F_libver_t version :
         {H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST}) {
      const std::string file =
          file_of_texts({"kernel", "", "a longer name"}, user_block, version);
      const WeightsReader reader(file, "a.h5");
      EXPECT_EQ(reader.texts("texts", "names"), expected);
      EXPECT_TRUE(reader.texts("texts", "other").empty());
      EXPECT_TRUE(reader.texts("", "names").empty());
    }
  }
}

TEST(WeightsFile, RefusesTextsThatNoHeapHas) {
  const std::string file = file_of_texts({"kernel", "gamma"}, 0);
  // "kernel", as the file refers to it: its length comes before the heap's
  // address and the object's number.
  const std::size_t heap = file.find("GCOL");
  std::string address(8, '\0');
  std::memcpy(address.data(), &heap, 8);
  const std::size_t place = file.find(std::string("\6\0\0\0", 4) + address);
  ASSERT_NE(place, std::string::npos);
  for (const std::size_t damaged :
       {place, place + 3, place + 4, place + 12, place + 13, place + 15}) {
    std::string other = file;
    other[damaged] = static_cast<char>(other[damaged] ^ 0x40);
    const WeightsReader reader(other, "a.h5");
    EXPECT_THAT([&] { reader.texts("texts", "names"); },
                ThrowsMessage<Error>(HasSubstr("a.h5: no HDF5 heap has")))
        << damaged - place;
  }
}

TEST(WeightsFile, RefusesNumbersOfOtherWidths) {
  const testing::TemporaryFolder folder;
  const std::string path = folder / "narrow.h5";
  const hid_t properties = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_sizes(properties, 4, 4);
  H5Fclose(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties, H5P_DEFAULT));
  H5Pclose(properties);
  EXPECT_THAT([&] { WeightsReader(testing::read_bytes(path), "a.h5"); },
              ThrowsMessage<Error>(HasSubstr("a.h5: HDF5 addresses")));
}

// A damaged weight may be read; what is damaged elsewhere is refused or does
// not matter.
TEST(WeightsFile, EndsWithAnyByteDamaged) {
  const std::string whole = small_file();
  int refused = 0;
  for (std::size_t place = 0; place < whole.size(); ++place) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(~damaged[place]);
    try {
      const WeightsReader reader(damaged, "damaged.keras");
      reader.names("layers/conv2d/vars");
      reader.texts("layers/conv2d/vars", "name");
      reader.read("layers/conv2d/vars/0", Tensor({3, 3, 2, 5}));
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("damaged.keras"));
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(WeightsFile, RefusesTruncationsOrReadsTheSame) {
  const std::string whole = small_file();
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    try {
      const WeightsReader reader(whole.substr(0, size), "cut.keras");
      Tensor read({3, 3, 2, 5});
      reader.read("layers/conv2d/vars/0", read);
      testing::expect_identical(read, kernel());
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("cut.keras"));
    }
  }
}

}  // namespace
}  // namespace lathe::models
