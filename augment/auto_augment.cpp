#include "augment/auto_augment.h"

namespace lathe::augment {

const std::array<std::array<AutoAugment::Part, 2>, 25>& AutoAugment::pairs() {
  static constexpr std::array<std::array<Part, 2>, 25> kPairs{
      {{{{PolicyKind::posterize, 0.4F, 8}, {PolicyKind::rotate, 0.6F, 9}}},
       {{{PolicyKind::solarize, 0.6F, 5}, {PolicyKind::autocontrast, 0.6F, 0}}},
       {{{PolicyKind::equalize, 0.8F, 0}, {PolicyKind::equalize, 0.6F, 0}}},
       {{{PolicyKind::posterize, 0.6F, 7}, {PolicyKind::posterize, 0.6F, 6}}},
       {{{PolicyKind::equalize, 0.4F, 0}, {PolicyKind::solarize, 0.2F, 4}}},
       {{{PolicyKind::equalize, 0.4F, 0}, {PolicyKind::rotate, 0.8F, 8}}},
       {{{PolicyKind::solarize, 0.6F, 3}, {PolicyKind::equalize, 0.6F, 0}}},
       {{{PolicyKind::posterize, 0.8F, 5}, {PolicyKind::equalize, 1, 0}}},
       {{{PolicyKind::rotate, 0.2F, 3}, {PolicyKind::solarize, 0.6F, 8}}},
       {{{PolicyKind::equalize, 0.6F, 0}, {PolicyKind::posterize, 0.4F, 6}}},
       {{{PolicyKind::rotate, 0.8F, 8}, {PolicyKind::color, 0.4F, 0}}},
       {{{PolicyKind::rotate, 0.4F, 9}, {PolicyKind::equalize, 0.6F, 0}}},
       {{{PolicyKind::equalize, 0, 0}, {PolicyKind::equalize, 0.8F, 0}}},
       {{{PolicyKind::invert, 0.6F, 0}, {PolicyKind::equalize, 1, 0}}},
       {{{PolicyKind::color, 0.6F, 4}, {PolicyKind::contrast, 1, 8}}},
       {{{PolicyKind::rotate, 0.8F, 8}, {PolicyKind::color, 1, 2}}},
       {{{PolicyKind::color, 0.8F, 8}, {PolicyKind::solarize, 0.8F, 7}}},
       {{{PolicyKind::sharpness, 0.4F, 7}, {PolicyKind::invert, 0.6F, 0}}},
       {{{PolicyKind::shear_x, 0.6F, 5}, {PolicyKind::equalize, 1, 0}}},
       {{{PolicyKind::color, 0.4F, 0}, {PolicyKind::equalize, 0.6F, 0}}},
       {{{PolicyKind::equalize, 0.4F, 0}, {PolicyKind::solarize, 0.2F, 4}}},
       {{{PolicyKind::solarize, 0.6F, 5}, {PolicyKind::autocontrast, 0.6F, 0}}},
       {{{PolicyKind::invert, 0.6F, 0}, {PolicyKind::equalize, 1, 0}}},
       {{{PolicyKind::color, 0.6F, 4}, {PolicyKind::contrast, 1, 8}}},
       {{{PolicyKind::equalize, 0.8F, 0}, {PolicyKind::equalize, 0.6F, 0}}}}};
  return kPairs;
}

}  // namespace lathe::augment
