#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/dtype.h"
#include "core/shape.h"
#include "core/storage.h"

namespace lathe {

/// The type and extents of a tensor, without its memory.
struct TensorSpec {
  Shape shape;
  DType dtype = DType::float32;

  std::size_t bytes() const {
    return static_cast<std::size_t>(shape.elements()) * size_of(dtype);
  }
  bool operator==(const TensorSpec&) const = default;
};

std::ostream& operator<<(std::ostream& out, const TensorSpec& spec);

/// A dense row-major array, aligned. Copies share the memory, as in Keras and
/// PyTorch; clone() makes another. The memory is the host's; a GPU that works
/// with a tensor has a copy, which is kept as up to date as it must be, and
/// executables keep what follows from weights alone, so pointers to elements
/// hold, to read or to write, until an executable runs.
class Tensor {
 public:
  Tensor() = default;

  /// Memory set to zero.
  explicit Tensor(Shape shape, DType dtype = DType::float32);

  /// Memory of undefined contents, for what is written as a whole at once.
  static Tensor uninitialized(Shape shape, DType dtype);

  /// The same in memory that a GPU copies to and from while both it and the
  /// host do something else (Storage::pinned).
  static Tensor pinned(TensorSpec spec);

  /// A view of host memory somebody else keeps alive through `owner` (which may
  /// be null when the memory outlives the view by other means). No GPU works
  /// with it.
  Tensor(TensorSpec spec, void* data, std::shared_ptr<void> owner);

  Tensor(TensorSpec spec, std::shared_ptr<Storage> storage);

  template <class T>
  static Tensor from(Shape shape, const std::vector<T>& values);

  const Shape& shape() const { return spec_.shape; }
  DType dtype() const { return spec_.dtype; }
  const TensorSpec& spec() const { return spec_; }
  std::int64_t elements() const { return spec_.shape.elements(); }
  std::size_t bytes() const { return spec_.bytes(); }
  bool empty() const { return storage_ == nullptr && data_ == nullptr; }

  /// The elements as T; throws if T is not the tensor's type.
  template <class T>
  std::span<T> values() const {
    return {data<T>(), static_cast<std::size_t>(elements())};
  }
  template <class T>
  T* data() const {
    require(dtype_of<T>);
    return static_cast<T*>(raw());
  }
  void* raw() const { return storage_ ? at_offset(storage_->host()) : data_; }

  /// The elements in a GPU's memory, as Storage has them there. Throws Error
  /// for a view of somebody else's memory.
  void* device() const { return at_offset(storage().device()); }
  void* written_on_device() const {
    return at_offset(storage().written_on_device());
  }
  void* overwritten_on_device() const {
    return at_offset(storage().overwritten_on_device());
  }
  /// Whether a GPU's memory for them is there already.
  bool is_on_device() const { return storage_ && storage_->is_on_device(); }

  /// Another number than last time where elements may have been written since
  /// (Storage::version); none for a view of somebody else's memory.
  std::optional<std::uint64_t> version() const;

  /// A copy with memory of its own.
  Tensor clone() const;
  /// The same memory with other extents; throws if the counts differ.
  Tensor reshaped(Shape shape) const;
  /// The same memory, rows [first, first + count) of the outermost axis.
  Tensor rows(std::int64_t first, std::int64_t count) const;
  /// Copies the other's elements here; throws if type or shape differ.
  void copy_from(const Tensor& other) const;
  /// The same for a pinned tensor, from the GPU's memory: returns at once, and
  /// who asks for the elements waits until they are here.
  void receive(const Tensor& other) const;
  /// Whether the elements are those of the other, and not only like them.
  bool is_same_memory(const Tensor& other) const {
    return storage_ == other.storage_ && offset_ == other.offset_ &&
           data_ == other.data_;
  }

 private:
  void require(DType dtype) const;
  void require_like(const Tensor& other, std::string_view what) const;
  Storage& storage() const;
  void* at_offset(void* block) const {
    return static_cast<std::byte*>(block) + offset_;
  }

  TensorSpec spec_;
  std::shared_ptr<Storage> storage_;
  std::size_t offset_ = 0;  // in the storage, bytes
  // Somebody else's memory, where there is no storage.
  void* data_ = nullptr;
  std::shared_ptr<void> owner_;
};

template <class T>
Tensor Tensor::from(Shape shape, const std::vector<T>& values) {
  Tensor tensor(std::move(shape), dtype_of<T>);
  const Tensor source({{static_cast<std::int64_t>(values.size())}, dtype_of<T>},
                      const_cast<T*>(values.data()), nullptr);
  tensor.copy_from(source.reshaped(tensor.shape()));
  return tensor;
}

}  // namespace lathe
