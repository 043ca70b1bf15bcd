#include "core/tensor.h"

#include <cstring>

#include "core/error.h"

namespace lathe {

std::ostream& operator<<(std::ostream& out, const TensorSpec& spec) {
  return out << spec.dtype << ' ' << spec.shape;
}

Tensor::Tensor(Shape shape, DType dtype)
    : Tensor(uninitialized(std::move(shape), dtype)) {
  std::memset(raw(), 0, bytes());
}

Tensor Tensor::uninitialized(Shape shape, DType dtype) {
  TensorSpec spec{std::move(shape), dtype};
  const std::size_t size = spec.bytes();
  return {std::move(spec), Storage::on_host(size)};
}

Tensor Tensor::pinned(TensorSpec spec) {
  const std::size_t size = spec.bytes();
  return {std::move(spec), Storage::pinned(size)};
}

Tensor::Tensor(TensorSpec spec, void* data, std::shared_ptr<void> owner)
    : spec_(std::move(spec)), data_(data), owner_(std::move(owner)) {}

Tensor::Tensor(TensorSpec spec, std::shared_ptr<Storage> storage)
    : spec_(std::move(spec)), storage_(std::move(storage)) {}

Storage& Tensor::storage() const {
  if (storage_) return *storage_;
  fail(
      "Tensor: a GPU can't work with a view of somebody else's memory; give "
      "it a clone()");
}

std::optional<std::uint64_t> Tensor::version() const {
  if (!storage_) return {};
  return storage_->version();
}

Tensor Tensor::clone() const {
  const Tensor copy = uninitialized(shape(), dtype());
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::reshaped(Shape shape) const {
  if (shape.elements() != elements()) {
    fail("reshaped: ", this->shape(), " has ", elements(), " elements and ",
         shape, " has ", shape.elements());
  }
  Tensor view = *this;
  view.spec_.shape = std::move(shape);
  return view;
}

Tensor Tensor::rows(std::int64_t first, std::int64_t count) const {
  if (shape().rank() == 0 || first < 0 || count < 0 ||
      first + count > shape()[0]) {
    fail("rows: [", first, ", ", first + count, ") is not within ", shape());
  }
  Tensor view = *this;
  view.spec_.shape[0] = count;
  const std::size_t row = shape()[0] == 0 ? 0 : bytes() / shape()[0];
  const std::size_t step = static_cast<std::size_t>(first) * row;
  if (storage_) {
    view.offset_ += step;
  } else {
    view.data_ = static_cast<std::byte*>(data_) + step;
  }
  return view;
}

void Tensor::require_like(const Tensor& other, std::string_view what) const {
  if (other.spec() == spec()) return;
  fail(what, ": this tensor is ", spec(), " and the other is ", other.spec());
}

void Tensor::copy_from(const Tensor& other) const {
  require_like(other, "copy_from");
  if (bytes() > 0) std::memcpy(raw(), other.raw(), bytes());
}

void Tensor::receive(const Tensor& other) const {
  require_like(other, "receive");
  storage().receive(other.device());
}

void Tensor::require(DType dtype) const {
  if (dtype != spec_.dtype) {
    fail("Tensor: the elements are ", spec_.dtype, ", not ", dtype);
  }
}

}  // namespace lathe
