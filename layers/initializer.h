#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <variant>

#include "core/tensor.h"

namespace lathe::layers {

/// How weights start, under Keras' names (keras.initializers). A seed of its
/// own replaces the model's.
struct Zeros {};
struct Ones {};
struct Constant {
  double value = 0;
};
/// Uniform in [minval, maxval).
struct RandomUniform {
  double minval = -0.05;
  double maxval = 0.05;
  std::optional<std::int64_t> seed = {};
};
struct RandomNormal {
  double mean = 0;
  double stddev = 0.05;
  std::optional<std::int64_t> seed = {};
};
/// Normal, redrawn where it is over two standard deviations off the mean.
struct TruncatedNormal {
  double mean = 0;
  double stddev = 0.05;
  std::optional<std::int64_t> seed = {};
};

enum class FanMode { fan_in, fan_out, fan_avg };
enum class Distribution { truncated_normal, untruncated_normal, uniform };

/// A variance of scale / fan (He et al., "Delving deep into rectifiers", 2015;
/// Glorot and Bengio, 2010), that of the truncated normal after truncation.
struct VarianceScaling {
  double scale = 1;
  FanMode mode = FanMode::fan_in;
  Distribution distribution = Distribution::truncated_normal;
  std::optional<std::int64_t> seed = {};
};
/// VarianceScaling with scale 1, fan_avg, uniform.
struct GlorotUniform {
  std::optional<std::int64_t> seed = {};
};
/// VarianceScaling with scale 1, fan_avg, truncated_normal.
struct GlorotNormal {
  std::optional<std::int64_t> seed = {};
};
/// VarianceScaling with scale 2, fan_in, uniform.
struct HeUniform {
  std::optional<std::int64_t> seed = {};
};
/// VarianceScaling with scale 2, fan_in, truncated_normal.
struct HeNormal {
  std::optional<std::int64_t> seed = {};
};
/// VarianceScaling with scale 1, fan_in, uniform.
struct LecunUniform {
  std::optional<std::int64_t> seed = {};
};
/// VarianceScaling with scale 1, fan_in, truncated_normal.
struct LecunNormal {
  std::optional<std::int64_t> seed = {};
};

using Initializer =
    std::variant<Zeros, Ones, Constant, RandomUniform, RandomNormal,
                 TruncatedNormal, VarianceScaling, GlorotUniform, GlorotNormal,
                 HeUniform, HeNormal, LecunUniform, LecunNormal>;

/// Units that a weight of this shape reads from and writes to, as Keras counts
/// them: the last two axes times the extents of the others, so a depthwise
/// kernel (kh, kw, C, 1) has fan_in kh kw C and fan_out kh kw.
struct Fans {
  std::int64_t in = 1;
  std::int64_t out = 1;
};
Fans fans_of(const Shape& shape);

/// Fills a float32 tensor. What is drawn is a pure function of the seed, the
/// weight's index within its model and the element's index. Tensors of another
/// type can only be zeros.
void initialize(const Tensor& tensor, const Initializer& initializer,
                std::uint64_t seed, std::uint32_t weight_index);

/// As keras.initializers.serialize writes it.
nlohmann::json initializer_config(const Initializer& initializer);
/// Throws Error naming an initializer or an option that lathe lacks.
Initializer initializer_from_config(const nlohmann::json& config);

}  // namespace lathe::layers
