#include "harness/hdf5/compare.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "harness/campaign/forked.h"
#include "harness/testee/process.h"

namespace weightproof {
namespace {

// In the child: "=" and the difference (none: equal), or "!" and the refusal.
std::string LibrarySays(std::span<const std::byte> file, const std::string& place,
                        const Result<Group>& strict) {
  const Result<Group> read = ReadHdf5WithLibrary(file, place);
  if (!read) return "!" + read.error().Text();
  return "=" + (strict ? FirstDifference(*strict, *read) : std::string());
}

Agreement Judge(const Result<Group>& strict, const std::string& said) {
  if (said.empty()) return strict ? Agreement::kHarmedByAccepted : Agreement::kLibraryHarmed;
  if (said[0] == '!') return strict ? Agreement::kLaxer : Agreement::kBothRefuse;
  if (!strict) return Agreement::kStricter;
  return said.size() == 1 ? Agreement::kSame : Agreement::kDiffer;
}

}  // namespace

std::string_view AgreementName(Agreement agreement) {
  switch (agreement) {
    case Agreement::kSame:
      return "same";
    case Agreement::kStricter:
      return "stricter";
    case Agreement::kBothRefuse:
      return "both-refuse";
    case Agreement::kLibraryHarmed:
      return "library-harmed";
    case Agreement::kDiffer:
      return "DIFFER";
    case Agreement::kLaxer:
      return "LAXER";
    case Agreement::kHarmedByAccepted:
      return "HARMED-BY-ACCEPTED";
  }
  return "";
}

bool IsFinding(Agreement agreement) {
  return agreement == Agreement::kDiffer || agreement == Agreement::kLaxer ||
         agreement == Agreement::kHarmedByAccepted;
}

Comparison CompareReaders(std::span<const std::byte> file, const std::string& place,
                          const ChildLimits& limits) {
  Comparison result;
  const Result<Group> strict = ReadHdf5(file, place);
  result.strict = strict ? "accepted" : strict.error().Text();
  std::string said;
  const ForkedEnd end = RunForked(
      [&](int fd) {
        const rlimit memory{limits.bytes, limits.bytes};
        setrlimit(RLIMIT_AS, &memory);
        std::string line = LibrarySays(file, place, strict);
        for (char& c : line) {
          if (c == '\n') c = ' ';
        }
        WriteAll(fd, line + "\n");
      },
      [&](std::string_view line) {
        said = line;
        return true;
      },
      limits.seconds, limits.seconds);
  if (!end.clean()) said.clear();
  result.agreement = Judge(strict, said);
  if (end.timed_out) {
    result.library = fmt::format("hung for {:.0f} s", limits.seconds);
  } else if (end.signal != 0) {
    result.library = "ended by " + SignalName(end.signal);
  } else if (said.empty()) {
    result.library = fmt::format("exit status {}", end.exit_code);
  } else if (said[0] == '=') {
    result.library = "accepted";
    result.difference = said.substr(1);
  } else {
    result.library = said.substr(1);
  }
  return result;
}

}  // namespace weightproof
