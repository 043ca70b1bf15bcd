#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "augment/pipeline.h"

namespace lathe::augment {

/// The pipeline of a text such as
///   flip=horizontal,rotation=-0.1:0.2,zoom(height_factor=0.2,fill_mode=wrap)
/// Each part is the name of an augmentation, alone, with a value for its first
/// option, or with options in parentheses; a colon makes a range. Groups have
/// operations among their options: one_of(flip,rotation=0.1,p=0.5). Every
/// operation has an option p; where it isn't its own, it is that of a sequence
/// around it. "" and "none" are the empty pipeline. Throws Error naming the
/// part and what it could be.
Pipeline parse(std::string_view text, PipelineOptions options = {});

/// The text that parse() makes the same operations of.
std::string to_text(const Pipeline& pipeline);

/// The operation of that name with these options, the others at their defaults,
/// and, for a group, these children. Throws Error for a name or an option that
/// there is not.
Augmentation augmentation_from(std::string_view name, OptionTexts options,
                               std::vector<Augmentation> operations = {});

/// The names that parse() knows.
std::vector<std::string> known_names();

}  // namespace lathe::augment
