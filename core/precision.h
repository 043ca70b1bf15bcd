#pragma once

#include <string_view>

namespace lathe {

/// What is computed with. fp32: float32 throughout. tf32: float32 whose factors
/// a GPU may round in convolutions and matrix products, to 10 bits of mantissa;
/// a CPU does not. bf16: activations and their gradients are stored in
/// bfloat16, and convolutions and products multiply it and add up in float32;
/// weights, statistics, sums, losses and optimizers stay float32.
enum class Precision { fp32, tf32, bf16 };

std::string_view name_of(Precision precision);

/// The precision of that name; throws Error for other texts.
Precision precision_from(std::string_view text);

}  // namespace lathe
