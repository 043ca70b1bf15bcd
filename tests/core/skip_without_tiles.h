#pragma once

#include <gtest/gtest.h>

#include "core/cpu/target.h"

/// Ends a test of what a processor's tiles compute where there are none.
#define SKIP_WITHOUT_TILES()                                                \
  if (!has_tiles()) {                                                       \
    GTEST_SKIP() << "the processor has no tiles, or the system keeps them"; \
  }                                                                         \
  static_assert(true)
