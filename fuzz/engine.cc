#include "fuzz/engine.h"

#include <algorithm>
#include <cstdlib>

extern "C" __attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                              std::size_t max_size);

namespace weightproof::fuzz {

std::size_t Put(const std::optional<std::string>& text, std::uint8_t* out) {
  if (!text) return 0;
  std::copy(text->begin(), text->end(), reinterpret_cast<char*>(out));
  return text->size();
}

std::size_t MutateBytes(std::uint8_t* data, std::size_t size, std::size_t max_size) {
  return LLVMFuzzerMutate != nullptr ? LLVMFuzzerMutate(data, size, max_size) : size;
}

bool MutatesStructure() {
  static const bool structure = [] {
    const char* mutation = std::getenv("WEIGHTPROOF_MUTATION");
    return mutation == nullptr || std::string_view(mutation) != "bytes";
  }();
  return structure;
}

}  // namespace weightproof::fuzz
