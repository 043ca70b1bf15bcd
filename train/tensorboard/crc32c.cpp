#include "train/tensorboard/crc32c.h"

#include <array>
#include <bit>

namespace lathe::train {
namespace {

// What a byte does to the lowest eight bits.
constexpr std::array<std::uint32_t, 256> make_table() {
  constexpr std::uint32_t kReversedPolynomial = 0x82F63B78;
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) {
      rest = rest >> 1U ^ ((rest & 1U) != 0 ? kReversedPolynomial : 0U);
    }
    table[byte] = rest;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t rest = ~0U;
  for (const char byte : bytes) {
    rest =
        rest >> 8U ^ kTable[(rest ^ static_cast<unsigned char>(byte)) & 255U];
  }
  return ~rest;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  constexpr std::uint32_t kMove = 0xA282EAD8;
  return std::rotr(crc32c(bytes), 15) + kMove;
}

}  // namespace lathe::train
