#include <fmt/core.h>

#include <cstdio>
#include <span>

#include "harness/cli/commands.h"
#include "harness/hdf5/library_child.h"
#include "model/checkpoint/file.h"

namespace weightproof {

int Refuse(const Error& error) {
  fmt::print(stderr, "weightproof: {}\n", error.Text());
  return kExitUsage;
}

ReadTreeOfFile TreeReaderFor(bool hdf5_library, bool map) {
  if (hdf5_library) return ReadTreeWithLibraryInChild;
  return map ? ReadTreeOfMapping : ReadTreeOfCopy;
}

Result<std::string> ReadText(const std::string& path) {
  Result<FileBytes> bytes = ReadWholeFile(path);
  if (!bytes) return std::unexpected(bytes.error());
  return std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size());
}

Status WriteText(const std::string& path, const std::string& text) {
  SaveOptions options;
  options.sync = false;
  return WriteFileAtomically(path, std::as_bytes(std::span(text.data(), text.size())), options);
}

Result<Case> ReadCase(const std::string& path) {
  Result<std::string> text = ReadText(path);
  if (!text) return std::unexpected(text.error());
  return CaseFromJson(*text, path);
}

Result<Engine> EngineFor(const std::string& testee) {
  Result<Engine> engine = MakeEngine(testee);
  if (!engine && engine.error().remedy.empty()) {
    engine.error().remedy = "`weightproof testees` lists the names";
  }
  return engine;
}

}  // namespace weightproof
