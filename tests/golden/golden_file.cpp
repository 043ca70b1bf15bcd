#include "tests/golden/golden_file.h"

#include <hdf5.h>

#include <algorithm>

#include "core/error.h"

namespace lathe::testing {

namespace {

/// The tensor's type for a type in the file.
DType dtype_of_file(hid_t type, const std::string& what) {
  const bool real = H5Tget_class(type) == H5T_FLOAT;
  const bool integer = H5Tget_class(type) == H5T_INTEGER;
  switch (H5Tget_size(type)) {
    case 1:
      if (integer) return DType::uint8;
      break;
    case 4:
      if (real) return DType::float32;
      if (integer) return DType::int32;
      break;
    case 8:
      if (real) return DType::float64;
      if (integer) return DType::int64;
      break;
    default:
      break;
  }
  fail(what,
       " has a type that a Tensor can't hold; write float32, float64, "
       "uint8, int32 or int64");
}

hid_t native_type(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return H5T_NATIVE_FLOAT;
    case DType::float64:
      return H5T_NATIVE_DOUBLE;
    case DType::bfloat16:
      break;  // nothing is kept in it
    case DType::uint8:
      return H5T_NATIVE_UINT8;
    case DType::int32:
      return H5T_NATIVE_INT32;
    case DType::int64:
      return H5T_NATIVE_INT64;
  }
  return -1;
}

}  // namespace

GoldenFile::GoldenFile(const std::string& name)
    : path_(concat(LATHE_GOLDEN_DIR, "/", name)) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // errors are thrown instead
  file_ = H5Fopen(path_.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file_ < 0) fail(path_, " can't be opened as an HDF5 file");
}

GoldenFile::~GoldenFile() {
  H5Fclose(file_);
}

Tensor GoldenFile::read(const std::string& dataset) const {
  const std::string what = concat(path_, ": ", dataset);
  const hid_t source = H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT);
  if (source < 0) fail(what, " is missing");
  const hid_t space = H5Dget_space(source);
  std::vector<hsize_t> extents(
      static_cast<std::size_t>(H5Sget_simple_extent_ndims(space)));
  H5Sget_simple_extent_dims(space, extents.data(), nullptr);
  H5Sclose(space);
  const hid_t type = H5Dget_type(source);
  const DType dtype = dtype_of_file(type, what);
  H5Tclose(type);
  Tensor tensor(
      Shape(std::vector<std::int64_t>(extents.begin(), extents.end())), dtype);
  const herr_t status = H5Dread(source, native_type(dtype), H5S_ALL, H5S_ALL,
                                H5P_DEFAULT, tensor.raw());
  H5Dclose(source);
  if (status < 0) fail(what, " can't be read");
  return tensor;
}

std::string GoldenFile::text(const std::string& dataset) const {
  const Tensor bytes = read(dataset);
  const auto values = bytes.values<std::uint8_t>();
  return {values.begin(), values.end()};
}

bool GoldenFile::has(const std::string& path) const {
  // HDF5 wants every group on the way to be asked for in turn.
  for (std::size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    if (H5Lexists(file_, path.substr(0, end).c_str(), H5P_DEFAULT) <= 0) {
      return false;
    }
  }
  return H5Lexists(file_, path.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> GoldenFile::names(const std::string& group) const {
  const hid_t source = H5Gopen2(file_, group.c_str(), H5P_DEFAULT);
  if (source < 0) fail(path_, ": ", group, " is missing");
  H5G_info_t info;
  H5Gget_info(source, &info);
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const ssize_t length = H5Lget_name_by_idx(
        source, ".", H5_INDEX_NAME, H5_ITER_INC, i, nullptr, 0, H5P_DEFAULT);
    std::string name(static_cast<std::size_t>(length) + 1, '\0');
    H5Lget_name_by_idx(source, ".", H5_INDEX_NAME, H5_ITER_INC, i, name.data(),
                       name.size(), H5P_DEFAULT);
    name.pop_back();
    names.push_back(name);
  }
  H5Gclose(source);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace lathe::testing
