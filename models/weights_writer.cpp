#include <hdf5.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "core/error.h"
#include "models/weights_file.h"

namespace lathe::models {

namespace {

/// Something of HDF5's that is closed at the end of its scope.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  bool valid() const { return id_ >= 0; }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Errors are thrown; HDF5 would print its own besides.
void silence_hdf5() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

/// HDF5 takes files in memory of one name for one file.
std::string unique_name() {
  static std::atomic<std::int64_t> files = 0;
  return concat("weights ", ++files);
}

/// A core file grows by this much at a time.
constexpr std::size_t kGrowth = std::size_t{1} << 20;

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

WeightsWriter::WeightsWriter() {
  silence_hdf5();
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, kGrowth, false);
  file_ = H5Fcreate(unique_name().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (file_ < 0) fail("an HDF5 file can't be begun in memory");
}

WeightsWriter::~WeightsWriter() {
  if (file_ >= 0) H5Fclose(file_);
}

void WeightsWriter::make_group(const std::string& path,
                               const std::string& name) {
  const Handle parents(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(parents, 1);
  const Handle group(
      H5Gcreate2(file_, path.c_str(), parents, H5P_DEFAULT, H5P_DEFAULT),
      H5Gclose);
  const Handle text(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(text, H5T_VARIABLE);
  H5Tset_cset(text, H5T_CSET_UTF8);
  const Handle scalar(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle attribute(
      H5Acreate2(group, "name", text, scalar, H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  const char* const value = name.c_str();
  if (H5Awrite(attribute, text, &value) < 0) {
    fail("the HDF5 group ", path, " can't be made");
  }
}

void WeightsWriter::write(const std::string& dataset, const Tensor& tensor) {
  std::vector<hsize_t> extents(tensor.shape().begin(), tensor.shape().end());
  const Handle space(H5Screate_simple(static_cast<int>(extents.size()),
                                      extents.data(), nullptr),
                     H5Sclose);
  // Times would make two files of the same weights differ.
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(properties, false);
  const hid_t type = native_type(tensor.dtype());
  const Handle opened(H5Dcreate2(file_, dataset.c_str(), type, space,
                                 H5P_DEFAULT, properties, H5P_DEFAULT),
                      H5Dclose);
  if (!opened.valid() ||
      H5Dwrite(opened, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, tensor.raw()) < 0) {
    fail("the HDF5 dataset ", dataset, " ", tensor.shape(),
         " can't be written");
  }
}

std::string WeightsWriter::finish() {
  H5Fflush(file_, H5F_SCOPE_GLOBAL);
  const ssize_t size = H5Fget_file_image(file_, nullptr, 0);
  std::string bytes(static_cast<std::size_t>(std::max<ssize_t>(size, 0)), '\0');
  const bool whole =
      size > 0 && H5Fget_file_image(file_, bytes.data(), bytes.size()) == size;
  H5Fclose(std::exchange(file_, -1));
  if (!whole) fail("an HDF5 file can't be finished in memory");
  return bytes;
}

}  // namespace lathe::models
