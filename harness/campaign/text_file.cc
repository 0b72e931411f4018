#include "harness/campaign/text_file.h"

#include <span>

#include "model/checkpoint/file.h"

namespace weightproof {

Result<std::string> ReadTextFile(const std::string& path) {
  const Result<FileBytes> bytes = ReadWholeFile(path);
  if (!bytes) return std::unexpected(bytes.error());
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

Status WriteTextFile(const std::string& path, std::string_view text) {
  return WriteFileAtomically(path, std::as_bytes(std::span(text.data(), text.size())),
                             {.sync = false});
}

}  // namespace weightproof
