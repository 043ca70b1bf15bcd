#include <cstring>

#include "core/cpu/kernels.h"
#include "core/cpu/requirements.h"
#include "core/parallel.h"

namespace lathe::cpu {
namespace {

constexpr std::int64_t kGrainBytes = 65536;

std::int64_t rows_for_a_task(std::int64_t row_bytes) {
  return (kGrainBytes + row_bytes) / std::max<std::int64_t>(row_bytes, 1);
}

// A box within a tensor, both dense. Trailing axes that the box spans wholly
// are one with the axis before them, so a row is as long as can be.
class Box {
 public:
  Box(const Shape& tensor, const Shape& begin, const Shape& extents,
      std::size_t element_bytes) {
    auto unit = static_cast<std::int64_t>(element_bytes);
    std::size_t axis = tensor.rank();
    while (axis > 1 && begin[axis - 1] == 0 &&
           extents[axis - 1] == tensor[axis - 1]) {
      unit *= tensor[--axis];
    }
    if (axis == 0) {
      tensor_row_ = row_ = unit;
      return;
    }
    --axis;
    tensor_row_ = tensor[axis] * unit;
    start_ = begin[axis] * unit;
    row_ = extents[axis] * unit;
    for (std::size_t i = 0; i < axis; ++i) {
      axes_.push_back(
          {.size = tensor[i], .begin = begin[i], .extent = extents[i]});
      tensor_rows_ *= tensor[i];
      rows_ *= extents[i];
    }
  }

  std::int64_t rows() const { return rows_; }
  std::int64_t row_bytes() const { return row_; }
  std::int64_t tensor_rows() const { return tensor_rows_; }
  std::int64_t tensor_row_bytes() const { return tensor_row_; }
  /// Where in a row of the tensor the box begins.
  std::int64_t start() const { return start_; }

  /// The row of the tensor that holds a row of the box.
  std::int64_t outside(std::int64_t row) const {
    std::int64_t result = 0;
    std::int64_t stride = 1;
    for (auto axis = axes_.rbegin(); axis != axes_.rend(); ++axis) {
      result += (row % axis->extent + axis->begin) * stride;
      row /= axis->extent;
      stride *= axis->size;
    }
    return result;
  }
  /// The row of the box that a row of the tensor holds, or -1.
  std::int64_t inside(std::int64_t row) const {
    std::int64_t result = 0;
    std::int64_t stride = 1;
    for (auto axis = axes_.rbegin(); axis != axes_.rend(); ++axis) {
      const std::int64_t place = row % axis->size - axis->begin;
      if (place < 0 || place >= axis->extent) return -1;
      result += place * stride;
      row /= axis->size;
      stride *= axis->extent;
    }
    return result;
  }

 private:
  struct Axis {
    std::int64_t size;
    std::int64_t begin;
    std::int64_t extent;
  };

  std::vector<Axis> axes_;
  std::int64_t rows_ = 1;
  std::int64_t tensor_rows_ = 1;
  std::int64_t row_ = 0;
  std::int64_t tensor_row_ = 0;
  std::int64_t start_ = 0;
};

void copy(std::byte* to, const std::byte* from, std::int64_t bytes) {
  std::memcpy(to, from, static_cast<std::size_t>(bytes));
}

void clear(std::byte* to, std::int64_t bytes) {
  std::memset(to, 0, static_cast<std::size_t>(bytes));
}

void copy_all(const KernelArguments& arguments, std::int64_t bytes) {
  const auto* x = arguments.input<std::byte>(0);
  auto* y = arguments.output<std::byte>(0);
  if (x == y) return;
  parallel_ranges(bytes, kGrainBytes,
                  [=](std::int64_t first, std::int64_t last) {
                    copy(y + first, x + first, last - first);
                  });
}

}  // namespace

Kernel make(const graph::Concatenate& operation, const Signature& signature) {
  const TensorSpec& y = signature.outputs[0];
  std::vector<Box> boxes;
  Shape begin(std::vector<std::int64_t>(y.shape.rank(), 0));
  for (const TensorSpec& input : signature.inputs) {
    boxes.emplace_back(y.shape, begin, input.shape, size_of(y.dtype));
    begin[operation.axis] += input.shape[operation.axis];
  }
  return {.run = [boxes](const KernelArguments& arguments) {
    auto* to = arguments.output<std::byte>(0);
    for (std::size_t i = 0; i < boxes.size(); ++i) {
      const Box& box = boxes[i];
      const auto* from = arguments.input<std::byte>(i);
      parallel_ranges(
          box.rows(), rows_for_a_task(box.row_bytes()),
          [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t row = first; row < last; ++row) {
              copy(to + box.outside(row) * box.tensor_row_bytes() + box.start(),
                   from + row * box.row_bytes(), box.row_bytes());
            }
          });
    }
  }};
}

Kernel make(const graph::Slice& operation, const Signature& signature) {
  const TensorSpec& x = signature.inputs[0];
  const Box box(x.shape, operation.begin, operation.extents, size_of(x.dtype));
  return {.run = [box](const KernelArguments& arguments) {
    const auto* from = arguments.input<std::byte>(0);
    auto* to = arguments.output<std::byte>(0);
    parallel_ranges(
        box.rows(), rows_for_a_task(box.row_bytes()),
        [&](std::int64_t first, std::int64_t last) {
          for (std::int64_t row = first; row < last; ++row) {
            copy(to + row * box.row_bytes(),
                 from + box.outside(row) * box.tensor_row_bytes() + box.start(),
                 box.row_bytes());
          }
        });
  }};
}

Kernel make(const graph::Pad& operation, const Signature& signature) {
  const TensorSpec& y = signature.outputs[0];
  const Box box(y.shape, operation.before, signature.inputs[0].shape,
                size_of(y.dtype));
  return {.run = [box](const KernelArguments& arguments) {
    const auto* from = arguments.input<std::byte>(0);
    auto* to = arguments.output<std::byte>(0);
    const std::int64_t bytes = box.row_bytes();
    const std::int64_t end = box.start() + bytes;
    parallel_ranges(box.tensor_rows(), rows_for_a_task(box.tensor_row_bytes()),
                    [&](std::int64_t first, std::int64_t last) {
                      for (std::int64_t row = first; row < last; ++row) {
                        std::byte* here = to + row * box.tensor_row_bytes();
                        const std::int64_t source = box.inside(row);
                        if (source < 0) {
                          clear(here, box.tensor_row_bytes());
                          continue;
                        }
                        clear(here, box.start());
                        copy(here + box.start(), from + source * bytes, bytes);
                        clear(here + end, box.tensor_row_bytes() - end);
                      }
                    });
  }};
}

Kernel make(const graph::Reshape&, const Signature& signature) {
  const auto bytes = static_cast<std::int64_t>(signature.inputs[0].bytes());
  return {.run = [bytes](const KernelArguments& arguments) {
    copy_all(arguments, bytes);
  }};
}

}  // namespace lathe::cpu
