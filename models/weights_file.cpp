#include "models/weights_file.h"

#include <hdf5.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "core/deflate.h"
#include "core/error.h"
#include "models/finite.h"
#include "models/text_heaps.h"

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

/// Whether addresses and lengths have 8 bytes, as in all files but those of
/// programs that want otherwise: TextHeaps knows no others.
bool has_wide_numbers(hid_t file) {
  const Handle properties(H5Fget_create_plist(file), H5Pclose);
  std::size_t address = 0;
  std::size_t length = 0;
  return H5Pget_sizes(properties, &address, &length) >= 0 && address == 8 &&
         length == 8;
}

/// Whether the last part of the path is there itself: a link to elsewhere could
/// name any file of the machine.
bool is_hard_link(hid_t file, const std::string& path) {
  H5L_info_t info;
  return H5Lexists(file, path.c_str(), H5P_DEFAULT) > 0 &&
         H5Lget_info(file, path.c_str(), &info, H5P_DEFAULT) >= 0 &&
         info.type == H5L_TYPE_HARD;
}

Shape shape_of(hid_t dataset) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> extents(static_cast<std::size_t>(std::max(rank, 0)));
  H5Sget_simple_extent_dims(space, extents.data(), nullptr);
  return Shape(std::vector<std::int64_t>(extents.begin(), extents.end()));
}

/// Whether the values lie in the file itself and are as many as the shape
/// claims.
bool holds_its_values(hid_t dataset, hid_t type) {
  const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  if (H5Pget_layout(properties) == H5D_VIRTUAL ||
      H5Pget_external_count(properties) != 0) {
    return false;
  }
  const std::size_t size = H5Tget_size(type);
  if (size == 0) return false;
  const hsize_t most = H5Pget_nfilters(properties) > 0 ? kMostOfDeflate : 1;
  const Handle file(H5Iget_file_id(dataset), H5Fclose);
  hsize_t bytes = 0;
  H5Fget_filesize(file, &bytes);
  // Damaged ones may claim more than the whole file.
  hsize_t room = std::min(H5Dget_storage_size(dataset), bytes) * most / size;
  for (const std::int64_t extent : shape_of(dataset)) {
    if (extent < 0) return false;
    if (extent > 0) room /= static_cast<hsize_t>(extent);
  }
  return room > 0;
}

/// The bytes before what HDF5 counts addresses from.
std::uint64_t user_block(hid_t file) {
  const Handle properties(H5Fget_create_plist(file), H5Pclose);
  hsize_t bytes = 0;
  H5Pget_userblock(properties, &bytes);
  return bytes;
}

/// Opens a dataset of numbers whose values lie in the file.
hid_t open_numbers(hid_t file, const std::string& path,
                   const std::string& source) {
  const hid_t dataset = H5Dopen2(file, path.c_str(), H5P_DEFAULT);
  if (dataset < 0) fail(source, ": ", path, " is no dataset");
  const Handle type(H5Dget_type(dataset), H5Tclose);
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const H5T_class_t kind = H5Tget_class(type);
  const bool numbers = kind == H5T_FLOAT || kind == H5T_INTEGER;
  if (!numbers || H5Sis_simple(space) <= 0 ||
      !holds_its_values(dataset, type)) {
    H5Dclose(dataset);
    fail(source, ": ", path,
         " is no plain array of numbers kept in the file itself");
  }
  return dataset;
}

// Damaged ones may claim letters of any size, for which HDF5 takes memory.
bool has_plain_letters(hid_t type) {
  const Handle letter(H5Tget_super(type), H5Tclose);
  return letter.valid() && H5Tget_size(letter) == 1;
}

/// What the file has in place of a text of variable length.
constexpr std::size_t kReferenceBytes = 16;

/// HDF5's conversion of texts of variable length to what the file has in their
/// place, which it would follow otherwise: the bytes stay as they are.
herr_t keep_references(hid_t from, hid_t to, H5T_cdata_t* task, std::size_t,
                       std::size_t, std::size_t, void*, void*, hid_t) {
  if (task->command != H5T_CONV_INIT) return 0;
  task->need_bkg = H5T_BKG_NO;
  const bool fits =
      H5Tis_variable_str(from) > 0 && H5Tget_size(to) == kReferenceBytes;
  return fits ? 0 : -1;
}

/// The type of these bytes in memory.
hid_t reference_type() {
  static const hid_t type = [] {
    const hid_t made = H5Tcreate(H5T_OPAQUE, kReferenceBytes);
    const Handle text(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(text, H5T_VARIABLE);
    H5Tregister(H5T_PERS_SOFT, "references of texts", text, made,
                keep_references);
    return made;
  }();
  return type;
}

std::vector<std::string> variable_texts(hid_t file, hid_t attribute,
                                        std::size_t count,
                                        const TextHeaps& heaps) {
  std::string bytes(count * kReferenceBytes, '\0');
  std::vector<std::string> texts;
  if (H5Aread(attribute, reference_type(), bytes.data()) < 0) return texts;
  for (std::size_t i = 0; i < count; ++i) {
    const char* from = bytes.data() + i * kReferenceBytes;
    TextReference reference;
    std::memcpy(&reference.length, from, 4);
    std::memcpy(&reference.heap, from + 4, 8);
    std::memcpy(&reference.object, from + 12, 4);
    reference.heap += user_block(file);
    texts.push_back(heaps.text(reference));
  }
  return texts;
}

/// Texts of one length, filled up with zeros.
std::vector<std::string> fixed_texts(hid_t attribute, hid_t type,
                                     std::size_t count) {
  const std::size_t length = H5Tget_size(type);
  std::string values(count * length, '\0');
  std::vector<std::string> texts;
  if (H5Aread(attribute, type, values.data()) < 0) return texts;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = values.substr(i * length, length);
    texts.push_back(text.substr(0, text.find('\0')));
  }
  return texts;
}

}  // namespace

WeightsReader::WeightsReader(const std::string& bytes, std::string source)
    : source_(std::move(source)), bytes_(bytes.size()), heaps_(bytes, source_) {
  silence_hdf5();
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, kGrowth, false);
  // HDF5 takes a copy and doesn't change what it was given.
  H5Pset_file_image(access, const_cast<char*>(bytes.data()), bytes.size());
  file_ = H5Fopen(unique_name().c_str(), H5F_ACC_RDONLY, access);
  if (file_ < 0) fail(source_, " is not a whole HDF5 file");
  if (!has_wide_numbers(file_)) {
    H5Fclose(file_);
    fail(source_, ": HDF5 addresses and lengths need 8 bytes each");
  }
}

WeightsReader::~WeightsReader() {
  H5Fclose(file_);
}

bool WeightsReader::has(const std::string& path) const {
  for (std::size_t end = path.find('/'); end != std::string::npos;
       end = path.find('/', end + 1)) {
    if (!is_hard_link(file_, path.substr(0, end))) return false;
  }
  return is_hard_link(file_, path);
}

std::vector<std::string> WeightsReader::names(const std::string& group) const {
  if (!has(group)) return {};
  const Handle opened(H5Gopen2(file_, group.c_str(), H5P_DEFAULT), H5Gclose);
  const auto add = [](hid_t, const char* name, const H5L_info_t*, void* to) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(name);
    return herr_t{0};
  };
  std::vector<std::string> names;
  if (!opened.valid() || H5Literate(opened, H5_INDEX_NAME, H5_ITER_INC, nullptr,
                                    add, &names) < 0) {
    fail(source_, ": ", group, " is no group");
  }
  return names;
}

void WeightsReader::expect_new(const std::string& group,
                               std::set<std::uint64_t>& seen) const {
  H5O_info_t info;
  if (H5Oget_info_by_name2(file_, group.c_str(), &info, H5O_INFO_BASIC,
                           H5P_DEFAULT) < 0) {
    fail(source_, ": ", group, " is no group");
  }
  if (!seen.insert(info.addr).second) {
    fail(source_, ": ", group, " is a second name of a group");
  }
}

std::vector<std::string> WeightsReader::texts(
    const std::string& group, const std::string& attribute) const {
  if (!group.empty() && !has(group)) return {};
  const std::string path = group.empty() ? std::string("/") : group;
  if (H5Aexists_by_name(file_, path.c_str(), attribute.c_str(), H5P_DEFAULT) <=
      0) {
    return {};
  }
  const Handle opened(H5Aopen_by_name(file_, path.c_str(), attribute.c_str(),
                                      H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
  const Handle type(H5Aget_type(opened), H5Tclose);
  const Handle space(H5Aget_space(opened), H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  const bool variable = H5Tis_variable_str(type) > 0;
  if (H5Tget_class(type) != H5T_STRING || count < 0 ||
      (variable && !has_plain_letters(type))) {
    fail(source_, ": the attribute ", attribute, " of ", path, " is no text");
  }
  const auto size = static_cast<std::size_t>(count);
  if (size > bytes_ / std::max(H5Tget_size(type), std::size_t{1})) {
    fail(source_, ": the attribute ", attribute, " of ", path, " claims ", size,
         " texts; the file has ", bytes_, " bytes");
  }
  return variable ? variable_texts(file_, opened, size, heaps_)
                  : fixed_texts(opened, type, size);
}

Shape WeightsReader::shape(const std::string& dataset) const {
  if (!has(dataset)) fail(source_, ": ", dataset, " is missing");
  return shape_of(Handle(open_numbers(file_, dataset, source_), H5Dclose));
}

void WeightsReader::read(const std::string& dataset,
                         const Tensor& tensor) const {
  if (!has(dataset)) fail(source_, ": ", dataset, " is missing");
  const Handle opened(open_numbers(file_, dataset, source_), H5Dclose);
  const Shape shape = shape_of(opened);
  if (shape != tensor.shape()) {
    fail(source_, ": ", dataset, " has the shape ", shape, "; expected ",
         tensor.shape());
  }
  if (H5Dread(opened, native_type(tensor.dtype()), H5S_ALL, H5S_ALL,
              H5P_DEFAULT, tensor.raw()) < 0) {
    fail(source_, ": ", dataset, " can't be read");
  }
  require_finite(tensor, concat(source_, ": ", dataset));
}

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
