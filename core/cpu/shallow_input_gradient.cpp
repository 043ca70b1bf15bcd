// Input gradients of convolutions of few channels, such as transposed
// convolutions to a segmentation network's classes, for which oneDNN computes
// sixteen: products give what each pixel of the result adds to all places of
// its window, with vectors along these, and neighbours' are summed then.
#include <algorithm>
#include <type_traits>

#include "core/cpu/convolution.h"
#include "core/cpu/float_input.h"
#include "core/cpu/strips.h"
#include "core/cpu/workspace.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/cpu/shallow_input_gradient.cpp"
#include <hwy/foreach_target.h>

#include "core/cpu/tile_product.h"

HWY_BEFORE_NAMESPACE();
namespace lathe::cpu::HWY_NAMESPACE {
namespace {

// The image is cut into bands of as many rows as a window moves by, and these
// into pieces of as many columns: a window, with zeros after its ends, covers
// whole ones.
template <class T>
class ShallowInputGradient {
 public:
  ShallowInputGradient(const ConvolutionShape& shape, bool has_bias)
      : shape_(shape),
        window_bands_(pieces(shape.window.kernel.height, strides().height)),
        window_pieces_(pieces(shape.window.kernel.width, strides().width)),
        piece_(strides().width * shape.channels),
        row_(window_pieces_ * piece_),
        band_(strides().height * row_),
        window_(window_bands_ * band_),
        bands_(pieces(shape.image.height + shape.window.padding.top,
                      strides().height)),
        strip_(strip_for(bands_, shape.batch)),
        workers_(workers_for(tasks())),
        bias_(2, has_bias ? shape.channels : 0, workspace_) {
    weights_ = workspace_.add<T>(shape.filters * window_);
    zeros_ = workspace_.add<float>(window_);
    biases_ = workspace_.add<float>(image_line());
    products_ = workspace_.add<float>(workers_ * ring());
    lines_ = workspace_.add<float>(workers_ * line());
    parts_ = workspace_.add<const float*>(workers_ * most_parts());
  }

  Kernel kernel() const {
    return {
        .run = [self = *this](const KernelArguments& call) { self.run(call); },
        .workspace_bytes = workspace_.bytes(),
        .implementation = "own"};
  }

 private:
  static constexpr std::int64_t kTogether = Factors<T>::kTogether;
  using FewFloats = hn::CappedTag<float, 4>;

  // What a task works with.
  struct Operands {
    const T* dy;
    const T* weights;
    const float* zeros;   // of a window
    const float* biases;  // of a line of the image
    T* dx;
    float* ring;
    float* line;
    const float** parts;
  };

  static std::int64_t pieces(std::int64_t count, std::int64_t size) {
    return (count + size - 1) / size;
  }
  const graph::Size2D& strides() const { return shape_.window.strides; }
  std::int64_t tasks_of_image() const { return pieces(bands_, strip_); }
  std::int64_t tasks() const { return tasks_of_image() * shape_.batch; }
  // Pixels of zeros on both sides of a line of products: a piece at the image's
  // edge is the sum of as many as any other.
  std::int64_t margin() const { return window_pieces_ - 1; }
  std::int64_t products_of_line() const {
    return (shape_.result.width + 2 * margin()) * window_;
  }
  // Products of the lines of the result that meet a band. Vectors reach over
  // their end, as over that of a line.
  std::int64_t ring() const {
    return window_bands_ * products_of_line() + kMostLanes;
  }
  std::int64_t image_line() const {
    return shape_.image.width * shape_.channels;
  }
  // Elements that windows reach.
  std::int64_t reached() const {
    return (shape_.result.width + margin()) * piece_;
  }
  std::int64_t line() const {
    const std::int64_t left = shape_.window.padding.left * shape_.channels;
    return std::max(reached(), left + image_line()) + kMostLanes;
  }

  // Of which a piece is the sum.
  std::int64_t most_parts() const { return window_bands_ * window_pieces_; }

  void run(const KernelArguments& call) const {
    arrange(call);
    parallel_workers(tasks(), workers_, [&](std::int64_t worker, Tasks mine) {
      const Operands operands{
          .dy = call.input<T>(0),
          .weights = weights_.in(call.workspace),
          .zeros = zeros_.in(call.workspace),
          .biases = biases_.in(call.workspace),
          .dx = call.output<T>(0),
          .ring = products_.in(call.workspace) + worker * ring(),
          .line = lines_.in(call.workspace) + worker * line(),
          .parts = parts_.in(call.workspace) + worker * most_parts()};
      std::fill_n(operands.ring, ring(), 0.0F);
      std::fill_n(operands.line, line(), 0.0F);
      while (const auto task = mine.next()) compute(*task, operands);
    });
  }

  // The weights as TileProduct takes them, its columns in bands of rows of
  // pieces, and the bias as often as a line of the image has pixels.
  void arrange(const KernelArguments& call) const {
    const graph::Size2D& kernel = shape_.window.kernel;
    const std::int64_t filters = shape_.filters;
    const T* from = call.input<T>(1);
    T* to = weights_.in(call.workspace);
    std::fill_n(to, filters * window_, T{});
    for (std::int64_t i = 0; i < kernel.height; ++i) {
      for (std::int64_t j = 0; j < kernel.width * shape_.channels; ++j) {
        const std::int64_t column = i * row_ + j;
        for (std::int64_t f = 0; f < filters; ++f) {
          const std::int64_t group = f - f % kTogether;
          to[group * window_ + column * kTogether + f % kTogether] = *from++;
        }
      }
    }
    std::fill_n(zeros_.in(call.workspace), window_, 0.0F);
    const float* bias = bias_.in(call);
    float* biases = biases_.in(call.workspace);
    for (std::int64_t k = 0; k < image_line(); ++k) {
      biases[k] = bias == nullptr ? 0 : bias[k % shape_.channels];
    }
  }

  // A strip of the bands of one image.
  void compute(std::int64_t task, const Operands& o) const {
    const std::int64_t image = task / tasks_of_image();
    const std::int64_t begin = task % tasks_of_image() * strip_;
    const std::int64_t end = std::min(begin + strip_, bands_);
    const std::int64_t height = shape_.result.height;
    std::int64_t ready = std::max<std::int64_t>(begin - window_bands_ + 1, 0);
    for (std::int64_t band = begin; band < end; ++band) {
      for (; ready < std::min(band + 1, height); ++ready) {
        multiply_line(image * height + ready, o, products_of(ready, o));
      }
      for (std::int64_t i = 0; i < strides().height; ++i) {
        const std::int64_t y =
            band * strides().height + i - shape_.window.padding.top;
        if (y < 0 || y >= shape_.image.height) continue;
        add_up_row(band, i, o);
        write_row(o, o.dx + (image * shape_.image.height + y) * image_line());
      }
    }
  }

  // Of the first pixel of a line of the result.
  float* products_of(std::int64_t line, const Operands& o) const {
    return o.ring + line % window_bands_ * products_of_line() +
           margin() * window_;
  }

  void multiply_line(std::int64_t line, const Operands& o, float* to) const {
    const std::int64_t count = shape_.result.width * shape_.filters;
    const T* dy = o.dy + line * count;
    Ahead ahead(dy + count, dy + count + count / 2, count / 2);
    add_product<T, float>({.rows = shape_.result.width,
                           .columns = window_,
                           .inner = shape_.filters / kTogether,
                           .a = dy,
                           .a_row = shape_.filters,
                           .a_inner = kTogether,
                           .b = o.weights,
                           .c = to,
                           .ahead = &ahead,
                           .start = o.zeros});
  }

  // Row i of a band: what the lines of the result that meet it give to each
  // piece, each of them by as many of its pixels as a window has pieces.
  void add_up_row(std::int64_t band, std::int64_t i, const Operands& o) const {
    std::int64_t count = 0;
    for (std::int64_t k = 0; k < window_bands_; ++k) {
      const std::int64_t line = band - k;
      if (line < 0 || line >= shape_.result.height) continue;
      const float* from = products_of(line, o) + k * band_ + i * row_;
      for (std::int64_t j = 0; j < window_pieces_; ++j) {
        o.parts[count++] = from + j * piece_ - j * window_;
      }
    }
    if (count == 0) {
      std::fill_n(o.line, reached(), 0.0F);
    } else if (piece_ <= 4) {
      add_up(FewFloats(), count, o);
    } else {
      add_up(Floats(), count, o);
    }
    // What vectors wrote beyond.
    std::fill_n(o.line + reached(), kMostLanes, 0.0F);
  }

  // Adds up so many parts, given where the first piece's lie. Whole vectors,
  // the next of which overwrites what the one before wrote beyond its piece.
  template <class Tag>
  HWY_INLINE void add_up(Tag tag, std::int64_t count, const Operands& o) const {
    if (count == 4) {
      add_up_parts(tag, std::integral_constant<std::int64_t, 4>(), o);
    } else {
      add_up_parts(tag, count, o);
    }
  }
  template <class Tag, class Count>
  HWY_INLINE void add_up_parts(Tag tag, Count count, const Operands& o) const {
    constexpr auto kStep = static_cast<std::int64_t>(hn::MaxLanes(Tag()));
    for (std::int64_t p = 0; p < shape_.result.width + margin(); ++p) {
      for (std::int64_t k = 0; k < piece_; k += kStep) {
        const std::int64_t place = p * window_ + k;
        auto sum = hn::LoadU(tag, o.parts[0] + place);
        for (std::int64_t part = 1; part < count; ++part) {
          sum = hn::Add(sum, hn::LoadU(tag, o.parts[part] + place));
        }
        hn::StoreU(sum, tag, o.line + p * piece_ + k);
      }
    }
  }

  void write_row(const Operands& o, T* dx) const {
    const float* from = o.line + shape_.window.padding.left * shape_.channels;
    for_vectors(0, image_line(), [&](auto lanes, std::int64_t k) HWY_ATTR {
      lanes.store(hn::Add(lanes.load(from + k), lanes.load(o.biases + k)),
                  dx + k);
    });
  }

  ConvolutionShape shape_;
  std::int64_t window_bands_;   // of a window
  std::int64_t window_pieces_;  // of a window's row
  std::int64_t piece_;          // elements of a piece
  std::int64_t row_;            // of a row of a window
  std::int64_t band_;           // of a band of a window
  std::int64_t window_;
  std::int64_t bands_;  // of an image
  std::int64_t strip_;  // bands of a task
  std::int64_t workers_;
  WorkspaceLayout workspace_;
  FloatInput<T> bias_;
  WorkspaceArray<T> weights_;
  WorkspaceArray<float> zeros_;  // where products start
  WorkspaceArray<float> biases_;
  WorkspaceArray<float> products_;
  WorkspaceArray<float> lines_;
  WorkspaceArray<const float*> parts_;
};

Kernel make_shallow_input_gradient(const ConvolutionShape& shape,
                                   bool has_bias) {
  return with_element("an input gradient of few channels", {{}, shape.dtype},
                      [&](auto element) {
                        return ShallowInputGradient<decltype(element)>(shape,
                                                                       has_bias)
                            .kernel();
                      });
}

}  // namespace
}  // namespace lathe::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lathe::cpu {

HWY_EXPORT(make_shallow_input_gradient);

bool has_shallow_input_gradient(const ConvolutionShape& shape) {
  // Of more oneDNN computes enough at a time.
  constexpr std::int64_t kMostChannels = 12;
  // Bfloat16 are multiplied in pairs.
  const bool pairs = shape.dtype == DType::bfloat16;
  return shape.groups == 1 && shape.channels <= kMostChannels &&
         (!pairs || shape.filters % 2 == 0) &&
         shape.window.kernel != graph::Size2D{} &&
         shape.window.dilation == graph::Size2D{};
}

Kernel shallow_input_gradient(const ConvolutionShape& shape, bool has_bias) {
  return HWY_DYNAMIC_DISPATCH(make_shallow_input_gradient)(shape, has_bias);
}

}  // namespace lathe::cpu
#endif
