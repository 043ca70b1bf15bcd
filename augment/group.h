#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "augment/augmentation.h"

namespace lathe::augment {

/// A child of a group acts on a sample where number `column` of the group's row
/// has this value.
struct Choice {
  std::size_t column = 0;
  float value = 1;
};

/// Throws Error unless there are children.
void check_group(std::string_view group,
                 const std::vector<Augmentation>& operations);

/// Names of a group's numbers: its own, then "child.name" of each child.
std::vector<std::string> parameters_of_group(
    std::vector<std::string> own, const std::vector<Augmentation>& operations);

/// Draws every child into `row`, behind the group's own numbers, so that what
/// one draws doesn't depend on which of them act.
void draw_operations(Philox& random, std::span<float> row, std::size_t own,
                     const std::vector<Augmentation>& operations);

/// The children's effects one after the other, child k doing nothing where
/// choices[k] isn't met. `always` says that all of them are met for every
/// sample. Throws Error where a child changes an image's extents for some
/// samples only.
Effects one_after_the_other(std::string_view group,
                            const std::vector<Augmentation>& operations,
                            std::size_t own, const std::vector<Choice>& choices,
                            bool always);

/// Effects of which each sample gets only those of the child whose choice is
/// met. Children share effects as far as they agree on how pixels are read and
/// on extents, and so pass over memory together. `always` says that one child's
/// choice is met for every sample. Throws Error where a child changes an
/// image's extents and others don't.
Effects side_by_side(std::string_view group,
                     const std::vector<Augmentation>& operations,
                     std::size_t own, const std::vector<Choice>& choices,
                     bool always);

}  // namespace lathe::augment
