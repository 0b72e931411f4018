// Where no fuzzing engine is: runs the target once on every file given, folders searched through.
//   fuzz_round_trip FILE|FOLDER...
// Exit code 1 when a path cannot be read, when there was no input or when all were refused.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include "fuzz/driver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// The files at `path`, sorted; false when it, or a folder in it, cannot be read.
bool Collect(const std::string& path, std::vector<std::string>& files) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    files.push_back(path);
    return !error;
  }
  const std::size_t begin = files.size();
  std::filesystem::recursive_directory_iterator it(path, error);
  for (; !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
    if (it->is_regular_file(error)) files.push_back(it->path().string());
  }
  std::sort(files.begin() + static_cast<std::ptrdiff_t>(begin), files.end());
  return !error;
}

bool Run(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(stream)), {});
  if (!stream.is_open() || stream.bad()) return false;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files;
  bool readable = true;
  for (int i = 1; i < argc; ++i) {
    if (Collect(argv[i], files)) continue;
    std::fprintf(stderr, "%s: cannot be read\n", argv[i]);
    readable = false;
  }
  for (const std::string& file : files) {
    if (Run(file)) continue;
    std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
    readable = false;
  }
  const weightproof::fuzz::Counts seen = weightproof::fuzz::SeenInputs();
  if (files.empty()) {
    std::fprintf(stderr, "no input; usage: %s FILE|FOLDER...\n", argv[0]);
  } else if (seen.accepted == 0) {
    std::fprintf(stderr, "none of %lu inputs was accepted: nothing was tested\n", seen.refused);
  }
  return readable && seen.accepted > 0 ? 0 : 1;
}
