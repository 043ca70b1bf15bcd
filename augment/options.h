#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "augment/factor.h"
#include "augment/matrix.h"
#include "core/augmentation/resample.h"

namespace lathe::augment {

// One value as text and back; each read() throws Error saying what it wants.
std::string write(const std::string& value);
std::string write(bool value);
std::string write(float value);
std::string write(std::int64_t value);
std::string write(const ImageSize& value);
std::string write(const std::optional<ImageSize>& value);
std::string write(const Factor& value);
std::string write(const Range& value);
std::string write(const std::optional<Factor>& value);
std::string write(Interpolation value);
std::string write(FillMode value);
void read(std::string_view text, std::string& value);
void read(std::string_view text, bool& value);
void read(std::string_view text, float& value);
void read(std::string_view text, std::int64_t& value);
/// "224" is square, "224:192" is height and width.
void read(std::string_view text, ImageSize& value);
void read(std::string_view text, std::optional<ImageSize>& value);
void read(std::string_view text, Factor& value);
void read(std::string_view text, Range& value);
void read(std::string_view text, std::optional<Factor>& value);
void read(std::string_view text, Interpolation& value);
void read(std::string_view text, FillMode& value);

/// Options as texts, in the order an operation has them.
using NamedTexts = std::vector<std::pair<std::string, std::string>>;

/// Options of one operation as written: name to text. The name "" stands for
/// the first option.
using OptionTexts = std::map<std::string, std::string, std::less<>>;

/// An option of an operation: its name and where its value is.
struct Option {
  std::string_view name;
  std::variant<std::string*, bool*, float*, std::int64_t*, ImageSize*,
               std::optional<ImageSize>*, Factor*, Range*,
               std::optional<Factor>*, Interpolation*, FillMode*>
      value;
};

/// The visitor of an operation that lists its options.
struct OptionList {
  std::vector<Option> options;

  template <class T>
  void operator()(std::string_view name, T& value) {
    options.push_back({name, &value});
  }
};

/// Reads options from texts. Throws Error for a text that is none of the
/// option's, and for an option that `operation` doesn't have.
void read_options(std::string_view operation,
                  const std::vector<Option>& options, OptionTexts texts);

NamedTexts texts_of(const std::vector<Option>& options);

/// The operation with these options, the others at their defaults.
template <class T>
T operation_from(OptionTexts texts) {
  T operation{};
  OptionList list;
  T::visit(operation, list);
  read_options(T::kName, list.options, std::move(texts));
  return operation;
}

/// All options as texts, the most important one first.
template <class T>
NamedTexts options_of(T operation) {
  OptionList list;
  T::visit(operation, list);
  return texts_of(list.options);
}

}  // namespace lathe::augment
