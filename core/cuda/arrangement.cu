#include "core/cuda/axes.h"
#include "core/cuda/launch.h"
#include "core/graph/operations/arrangement.h"

namespace lathe::cuda {
namespace {

// A box within a tensor, both dense. Trailing axes that the box spans wholly
// are one with the axis before them. Counted in units of as many bytes as a
// thread can move at once.
struct Box {
  struct Side {
    std::int64_t size = 1;
    std::int64_t begin = 0;
    std::int64_t extent = 1;
  };

  std::vector<Side> sides;  // from the outermost on
  std::int64_t unit = 16;

  Box(std::string_view operation, const TensorSpec& tensor, const Shape& begin,
      const Shape& extents) {
    require_index(operation, tensor);
    const auto bytes = static_cast<std::int64_t>(size_of(tensor.dtype));
    Side inner{.size = bytes, .extent = bytes};
    for (std::size_t axis = tensor.shape.rank(); axis-- > 0;) {
      if (inner.begin != 0 || inner.extent != inner.size) {
        sides.insert(sides.begin(), inner);
        inner = {};
      }
      inner = {.size = inner.size * tensor.shape[axis],
               .begin = inner.size * begin[axis],
               .extent = inner.size * extents[axis]};
    }
    sides.insert(sides.begin(), inner);
    Side& last = sides.back();
    while (last.size % unit != 0 || last.begin % unit != 0 ||
           last.extent % unit != 0) {
      unit /= 2;
    }
    last = {.size = last.size / unit,
            .begin = last.begin / unit,
            .extent = last.extent / unit};
  }

  std::int64_t tensor_units() const {
    std::int64_t result = 1;
    for (const Side& side : sides) result *= side.size;
    return result;
  }
  std::int64_t units() const {
    std::int64_t result = 1;
    for (const Side& side : sides) result *= side.extent;
    return result;
  }
  Axes axes(std::string_view operation) const {
    std::vector<Axis> axes(sides.size());
    std::int64_t stride = 1;
    std::int64_t start = 0;
    for (std::size_t i = sides.size(); i-- > 0;) {
      axes[i] = {.extent = Divisor(sides[i].extent),
                 .stride = static_cast<std::uint32_t>(stride)};
      start += sides[i].begin * stride;
      stride *= sides[i].size;
    }
    return {operation, axes, static_cast<std::uint32_t>(start)};
  }
};

template <int kBytes>
struct alignas(kBytes) Unit {
  unsigned char bytes[kBytes];
};
template <>
struct Unit<4> {
  std::uint32_t value;
};
template <>
struct Unit<8> {
  uint2 value;
};
template <>
struct Unit<16> {
  uint4 value;
};

enum class Direction { into_tensor, out_of_tensor };

template <class Unit, Direction kDirection>
__global__ void __launch_bounds__(kThreads)
    copy_box(Axes axes, std::uint32_t count, const Unit* from, Unit* to) {
  for (auto i = static_cast<std::uint32_t>(thread_index()); i < count;
       i += static_cast<std::uint32_t>(thread_total())) {
    if constexpr (kDirection == Direction::into_tensor) {
      to[axes.place(i)] = from[i];
    } else {
      to[i] = from[axes.place(i)];
    }
  }
}

// Where a unit of a tensor is in a box, if it is there.
struct Inside {
  struct Side {
    Divisor size{};
    std::uint32_t begin = 0;
    std::uint32_t extent = 1;
  };

  Side sides[Axes::kMost];
  int count = 0;

  Inside(std::string_view operation, const Box& box)
      : count(static_cast<int>(box.sides.size())) {
    box.axes(operation);  // throws where there are too many
    for (std::size_t i = 0; i < box.sides.size(); ++i) {
      sides[i] = {.size = Divisor(box.sides[i].size),
                  .begin = static_cast<std::uint32_t>(box.sides[i].begin),
                  .extent = static_cast<std::uint32_t>(box.sides[i].extent)};
    }
  }

  __device__ bool find(std::uint32_t i, std::uint32_t& place) const {
    std::uint32_t stride = 1;
    place = 0;
    for (int k = count - 1; k >= 0; --k) {
      const std::uint32_t outer = sides[k].size.quotient(i);
      // Before the box it wraps around to a large number.
      const std::uint32_t at =
          i - outer * sides[k].size.value() - sides[k].begin;
      if (at >= sides[k].extent) return false;
      place += at * stride;
      stride *= sides[k].extent;
      i = outer;
    }
    return true;
  }
};

template <class Unit>
__global__ void __launch_bounds__(kThreads)
    pad(Inside inside, std::uint32_t count, const Unit* from, Unit* to) {
  for (auto i = static_cast<std::uint32_t>(thread_index()); i < count;
       i += static_cast<std::uint32_t>(thread_total())) {
    std::uint32_t place = 0;
    to[i] = inside.find(i, place) ? from[place] : Unit{};
  }
}

// Calls use(Unit<bytes>{}).
template <class Use>
auto with_unit(std::int64_t bytes, Use use) {
  switch (bytes) {
    case 16:
      return use(Unit<16>{});
    case 8:
      return use(Unit<8>{});
    case 4:
      return use(Unit<4>{});
    case 2:
      return use(Unit<2>{});
    default:
      return use(Unit<1>{});
  }
}

using Copy = std::function<void(const KernelArguments&, const void*, void*)>;

template <Direction kDirection>
Copy box_copy(std::string_view operation, const Box& box) {
  return with_unit(box.unit, [&](auto unit) -> Copy {
    using U = decltype(unit);
    return [axes = box.axes(operation), count = box.units()](
               const KernelArguments& call, const void* from, void* to) {
      launch(call, grid_over(count), copy_box<U, kDirection>, axes,
             static_cast<std::uint32_t>(count), static_cast<const U*>(from),
             static_cast<U*>(to));
    };
  });
}

}  // namespace

Kernel make(const graph::Concatenate& operation, const Signature& signature) {
  const TensorSpec& y = signature.outputs[0];
  std::vector<Copy> copies;
  Shape begin(std::vector<std::int64_t>(y.shape.rank(), 0));
  for (const TensorSpec& input : signature.inputs) {
    copies.push_back(box_copy<Direction::into_tensor>(
        operation.kName, Box(operation.kName, y, begin, input.shape)));
    begin[operation.axis] += input.shape[operation.axis];
  }
  return {.run = [copies](const KernelArguments& call) {
    for (std::size_t i = 0; i < copies.size(); ++i) {
      copies[i](call, call.inputs[i], call.outputs[0]);
    }
  }};
}

Kernel make(const graph::Slice& operation, const Signature& signature) {
  const Copy copy = box_copy<Direction::out_of_tensor>(
      operation.kName, Box(operation.kName, signature.inputs[0],
                           operation.begin, operation.extents));
  return {.run = [copy](const KernelArguments& call) {
    copy(call, call.inputs[0], call.outputs[0]);
  }};
}

Kernel make(const graph::Pad& operation, const Signature& signature) {
  const Box box(operation.kName, signature.outputs[0], operation.before,
                signature.inputs[0].shape);
  return with_unit(box.unit, [&](auto unit) -> Kernel {
    using U = decltype(unit);
    return {.run = [inside = Inside(operation.kName, box),
                    count = box.tensor_units()](const KernelArguments& call) {
      launch(call, grid_over(count), pad<U>, inside,
             static_cast<std::uint32_t>(count), call.input<U>(0),
             call.output<U>(0));
    }};
  });
}

Kernel make(const graph::Reshape&, const Signature& signature) {
  return {.run = [bytes = signature.inputs[0].bytes()](
                     const KernelArguments& call) {
    if (call.inputs[0] == call.outputs[0]) return;
    check(cudaMemcpyAsync(call.outputs[0], call.inputs[0], bytes,
                          cudaMemcpyDeviceToDevice,
                          static_cast<cudaStream_t>(call.stream)),
          "cudaMemcpyAsync");
  }};
}

}  // namespace lathe::cuda
