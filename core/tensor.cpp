#include "core/tensor.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "core/error.h"

namespace lathe {
namespace {

constexpr std::align_val_t kAligned{kAlignment};

struct Release {
  void operator()(void* memory) const { ::operator delete(memory, kAligned); }
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const TensorSpec& spec) {
  return out << spec.dtype << ' ' << spec.shape;
}

Tensor::Tensor(Shape shape, DType dtype)
    : Tensor(uninitialized(std::move(shape), dtype)) {
  std::memset(data_, 0, bytes());
}

Tensor Tensor::uninitialized(Shape shape, DType dtype) {
  TensorSpec spec{std::move(shape), dtype};
  const std::size_t size = std::max<std::size_t>(spec.bytes(), 1);
  std::shared_ptr<void> owner(::operator new(size, kAligned), Release{});
  void* const data = owner.get();
  return {std::move(spec), data, std::move(owner)};
}

Tensor::Tensor(TensorSpec spec, void* data, std::shared_ptr<void> owner)
    : spec_(std::move(spec)), data_(data), owner_(std::move(owner)) {}

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
  view.data_ = static_cast<std::byte*>(data_) + first * row;
  return view;
}

void Tensor::copy_from(const Tensor& other) const {
  if (other.spec() != spec()) {
    fail("copy_from: this tensor is ", spec(), " and the other is ",
         other.spec());
  }
  if (bytes() > 0) std::memcpy(data_, other.data_, bytes());
}

void Tensor::require(DType dtype) const {
  if (dtype != spec_.dtype) {
    fail("Tensor: the elements are ", spec_.dtype, ", not ", dtype);
  }
}

}  // namespace lathe
