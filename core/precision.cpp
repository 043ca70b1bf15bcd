#include "core/precision.h"

#include "core/error.h"

namespace lathe {

std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return "fp32";
    case Precision::tf32:
      return "tf32";
    case Precision::bf16:
      return "bf16";
  }
  return "unknown";
}

Precision precision_from(std::string_view text) {
  for (const Precision precision :
       {Precision::fp32, Precision::tf32, Precision::bf16}) {
    if (text == name_of(precision)) return precision;
  }
  fail("precision: '", text, "' is none of fp32, tf32, bf16");
}

}  // namespace lathe
