#include "augment/list.h"

namespace lathe::augment {

#define LATHE_DEFINE(T)                                                       \
  template std::shared_ptr<const Augmentation::Interface> Augmentation::hold( \
      T operation);
LATHE_AUGMENTATIONS(LATHE_DEFINE)
#undef LATHE_DEFINE

}  // namespace lathe::augment
