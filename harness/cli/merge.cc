#include "harness/campaign/merge.h"

#include <fmt/core.h>

#include "harness/cli/commands.h"

namespace weightproof {

int Merge(const MergeOptions& o) {
  const Result<std::vector<MergedFinding>> merged = MergeFindings(o.folders);
  if (!merged) return Refuse(merged.error());
  if (Status ok = WritableFolder(o.output); !ok) return Refuse(ok.error());
  if (Status written = WriteMerged(*merged, o.folders, o.output); !written) {
    return Refuse(written.error());
  }
  for (const MergedFinding& f : *merged) {
    const std::string writer = f.writer == f.testee ? "" : " reading what " + f.writer + " wrote";
    fmt::print("{}/{}  {} {}{}: {}: {}", f.runs.size(), o.folders.size(), f.testee, f.version,
               writer, f.clause, f.cause);
    if (!f.sentence.empty()) {
      fmt::print(" ({})", f.sentence);
    } else if (!f.features.empty()) {
      fmt::print(", needs {}", SignatureText(f.features));
    }
    fmt::print("\n");
  }
  fmt::print("{} causes of {} folders in {}\n", merged->size(), o.folders.size(), o.output);
  return kExitOk;
}

}  // namespace weightproof
