#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

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

Result<Case> ReadCase(const std::string& path) {
  Result<std::string> text = ReadTextFile(path);
  if (!text) return std::unexpected(text.error());
  return CaseFromJson(*text, path);
}

Result<Engine> EngineFor(const TesteeOptions& testees, Draws draws) {
  Result<Engine> engine = MakeEngine(testees.writer_name(), testees.reader_name(), draws);
  if (!engine && engine.error().remedy.empty()) {
    engine.error().remedy = "`weightproof testees` lists the names";
  }
  return engine;
}

std::string TesteeWords(const TesteeOptions& testees) {
  if (testees.writer_name() == testees.reader_name()) return testees.reader_name();
  return testees.reader_name() + " reading what " + testees.writer_name() + " wrote";
}

// Never the folder that one happens to be in.
std::string DefaultCorpus() {
  std::error_code error;
  std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  if (error || access(folder.c_str(), W_OK) != 0) {
    folder = std::filesystem::temp_directory_path(error) / "weightproof";
  }
  return (folder / "findings").string();
}

Status Writable(const std::string& path) {
  if (path.empty()) return {};
  std::error_code error;
  const auto folder = std::filesystem::absolute(path, error).parent_path();
  if (std::filesystem::is_directory(path, error)) {
    return Fail(ErrorKind::kPathUnwritable, path, "a directory", "name a file in it");
  }
  if (!std::filesystem::is_directory(folder, error) || access(folder.c_str(), W_OK) != 0) {
    return Fail(ErrorKind::kPathUnwritable, path, "its folder is missing or not writable",
                "make the folder first, or name another");
  }
  return {};
}

Status WritableFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (std::filesystem::is_directory(path) && access(path.c_str(), W_OK) == 0) return {};
  return Fail(ErrorKind::kPathUnwritable, path, "findings cannot be kept there",
              "name another folder with --corpus");
}

}  // namespace weightproof
