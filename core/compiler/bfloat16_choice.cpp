#include "core/compiler/bfloat16_choice.h"

#include "core/cpu/kernels.h"
#include "core/cpu/target.h"
#include "core/cpu/trial.h"
#include "core/error.h"

namespace lathe {
namespace {

// What a trial is to be remembered by; empty for operations that only stream
// their values, for which half the bytes are always less work.
std::string problem(const graph::Operation& operation) {
  return std::visit(
      []<class Kind>(const Kind& o) -> std::string {
        if constexpr (std::is_same_v<Kind, graph::MatrixProduct>) {
          return concat(o.kName, o.transpose_a ? " of a transposed" : "",
                        o.transpose_b ? " by b transposed" : "");
        } else if constexpr (requires {
                               o.window;
                               o.groups;
                             }) {
          return concat(o.kName, " by ", o.window, " in ", o.groups, " groups");
        } else {
          return "";
        }
      },
      operation);
}

// Whether the operation takes less time with bfloat16 than in float32, to which
// its values would be cast and back.
bool is_faster(const graph::Operation& operation, const Signature& signature) {
  constexpr std::string_view kAsItIs = "bf16";
  std::string name = problem(operation);
  if (name.empty()) return true;
  if (!signature.winograd) name += " without Winograd";
  if (!signature.digits) name += " without digits";
  return cpu::fastest(
             name, signature,
             {{.name = std::string(kAsItIs),
               .make = [&] { return cpu::make_kernel(operation, signature); }},
              {.name = "fp32",
               .make =
                   [&] {
                     return cpu::make_float32_kernel(operation, signature);
                   }}})
             .name == kAsItIs;
}

}  // namespace

graph::Bfloat16Choice bfloat16_choice(const CompileOptions& options) {
  if (options.precision != Precision::bf16) return {};
  if (options.device != Device::cpu || !options.enables("measured_precision")) {
    return [](const graph::Operation&, const Signature&) { return true; };
  }
  // Without instructions for it, kernels compute it through float32, which is
  // never faster.
  if (!cpu::has_bfloat16_instructions()) return {};
  return [winograd = options.enables("winograd"),
          digits = options.enables("digits")](const graph::Operation& operation,
                                              Signature signature) {
    signature.winograd = winograd;
    signature.digits = digits;
    return is_faster(operation, signature);
  };
}

}  // namespace lathe
