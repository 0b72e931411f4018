// weightproof_hdf5_compare FILE...: each file by both HDF5 readers. A line a file: what they make
// of each other, the file, and where they differ, what each says.
// weightproof_hdf5_compare --every-byte[=all] FILE...: the same of every truncation of each file
// and of every version with one byte changed to five telling values (or to all others). A line a
// file, then a line a finding.
// Exit code 1 when the strict reader accepts what the library refuses, reads otherwise or is
// harmed by.
#include <cstdio>
#include <map>
#include <string>

#include "harness/hdf5/byte_damage.h"
#include "harness/hdf5/compare.h"
#include "model/checkpoint/file.h"

namespace weightproof {
namespace {

int DamageFile(std::span<const std::byte> file, const char* path, ByteValues values) {
  const auto strict = [path](std::span<const std::byte> bytes) { return ReadHdf5(bytes, path); };
  const ByteDamageCounts counts = DamageEveryByte(file, strict, values);
  std::printf(
      "%s\t%zu bytes, %d versions: %d refused, %d of the same content, %d of another that "
      "the library reads too, %zu findings\n",
      path, file.size(), counts.total(), counts.refused, counts.same_content, counts.other_content,
      counts.findings.size());
  for (const std::string& finding : counts.findings) {
    std::printf("%s\t%s\n", path, finding.c_str());
  }
  std::fflush(stdout);
  return static_cast<int>(counts.findings.size());
}

int CompareFile(std::span<const std::byte> file, const char* path,
                std::map<std::string_view, int>& counts) {
  const Comparison found = CompareReaders(file, path);
  ++counts[AgreementName(found.agreement)];
  const std::string more =
      found.agreement == Agreement::kSame
          ? ""
          : "\t" + found.strict + "\t" + found.library + "\t" + found.difference;
  std::printf("%s\t%s%s\n", std::string(AgreementName(found.agreement)).c_str(), path,
              more.c_str());
  return IsFinding(found.agreement);
}

}  // namespace
}  // namespace weightproof

int main(int count, char** arguments) {
  using namespace weightproof;
  const std::string_view mode = count > 1 ? arguments[1] : "";
  const bool every_byte = mode == "--every-byte" || mode == "--every-byte=all";
  if (count < (every_byte ? 3 : 2) || (mode.starts_with("--") && !every_byte)) {
    std::fprintf(stderr, "usage: %s [--every-byte[=all]] FILE...\n", arguments[0]);
    return 2;
  }
  std::map<std::string_view, int> counts;
  int findings = 0;
  for (int i = every_byte ? 2 : 1; i < count; ++i) {
    const Result<FileBytes> bytes = ReadWholeFile(arguments[i]);
    if (!bytes) {
      std::fprintf(stderr, "%s\n", bytes.error().Text().c_str());
      return 2;
    }
    findings += every_byte
                    ? DamageFile(*bytes, arguments[i],
                                 mode.ends_with("all") ? ByteValues::kAll : ByteValues::kTelling)
                    : CompareFile(*bytes, arguments[i], counts);
  }
  for (const auto& [name, n] : counts) {
    std::fprintf(stderr, "%s: %d\n", std::string(name).c_str(), n);
  }
  return findings > 0 ? 1 : 0;
}
