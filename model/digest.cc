// EVP's functions read OpenSSL's configuration first, a file that may name code to load: no part of
// loading weights. These do not.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>

#include "model/tensor.h"

namespace weightproof {
namespace {

class Sha256 {
 public:
  Sha256() { SHA256_Init(&context_); }
  void Add(std::span<const std::byte> bytes) {
    SHA256_Update(&context_, bytes.data(), bytes.size());
  }
  void Add(std::string_view text) { SHA256_Update(&context_, text.data(), text.size()); }
  Digest Finish() {
    Digest digest{};
    SHA256_Final(digest.data(), &context_);
    return digest;
  }

 private:
  SHA256_CTX context_;
};

}  // namespace

std::string DigestHex(const Digest& digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Digest TensorDigest(DType dtype, std::span<const std::int64_t> shape,
                    std::span<const std::byte> bytes) {
  std::string head(DTypeName(dtype));
  head += '\n';
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) head += ',';
    head += std::to_string(shape[i]);
  }
  head += '\n';
  Sha256 hash;
  hash.Add(head);
  hash.Add(bytes);
  return hash.Finish();
}

Digest TensorDigest(const Tensor& tensor) {
  return TensorDigest(tensor.dtype(), tensor.shape(), tensor.bytes());
}

Digest ModelDigest(std::span<const std::pair<std::string, Digest>> variables) {
  std::vector<const std::pair<std::string, Digest>*> sorted;
  sorted.reserve(variables.size());
  for (const auto& variable : variables) sorted.push_back(&variable);
  std::ranges::sort(sorted, {},
                    [](const auto* variable) -> const std::string& { return variable->first; });
  Sha256 hash;
  std::string line;
  for (const auto* variable : sorted) {
    line = variable->first + "\n" + DigestHex(variable->second) + "\n";
    hash.Add(line);
  }
  return hash.Finish();
}

}  // namespace weightproof
