// weightproof_hdf5_compare FILE...: each file by both HDF5 readers. A line a file: what they make
// of each other, the file, and where they differ, what each says. Exit code 1 when the strict
// reader accepts a file that the library refuses, reads otherwise or is harmed by.
#include <cstdio>
#include <map>
#include <string>

#include "harness/hdf5/compare.h"
#include "model/checkpoint/file.h"

int main(int count, char** arguments) {
  using namespace weightproof;
  std::map<std::string_view, int> counts;
  int findings = 0;
  for (int i = 1; i < count; ++i) {
    const Result<std::vector<std::byte>> bytes = ReadWholeFile(arguments[i]);
    if (!bytes) {
      std::fprintf(stderr, "%s\n", bytes.error().Text().c_str());
      return 2;
    }
    const Comparison found = CompareReaders(*bytes, arguments[i]);
    ++counts[AgreementName(found.agreement)];
    findings += IsFinding(found.agreement);
    const std::string more =
        found.agreement == Agreement::kSame
            ? ""
            : "\t" + found.strict + "\t" + found.library + "\t" + found.difference;
    std::printf("%s\t%s%s\n", std::string(AgreementName(found.agreement)).c_str(), arguments[i],
                more.c_str());
  }
  for (const auto& [name, n] : counts) {
    std::fprintf(stderr, "%s: %d\n", std::string(name).c_str(), n);
  }
  return findings > 0 ? 1 : 0;
}
