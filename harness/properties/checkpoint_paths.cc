#include "harness/properties/checkpoint_paths.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

#include "harness/properties/checkpoint_loading_report.h"
#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

namespace fs = std::filesystem;

struct OddPath {
  std::string path;
  bool savable = false;  // where a save would make a file
};

std::vector<OddPath> OddPaths(const std::string& folder, const std::string& file) {
  constexpr std::size_t kTooLong = 256;  // bytes in one name
  std::error_code there;
  fs::create_symlink("circle", folder + "/circle", there);
  mkfifo((folder + "/pipe").c_str(), 0600);
  return {{folder},
          {folder + "/"},
          {folder + "/nothing.h5", true},
          {folder + "/nothing/inside.h5"},
          {folder + "/circle"},
          {folder + "/pipe"},
          {folder + "/" + std::string(kTooLong, 'n')},
          {file + "/inside.h5"},
          {file + std::string("\0.h5", 4)},
          {""}};
}

std::vector<std::string> NamesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path());
  std::ranges::sort(names);
  return names;
}

Verdict JudgedRefusal(const Error& error, ErrorKind due, const OddPath& odd) {
  const bool right = error.kind == due && error.place.starts_with(odd.path) &&
                     !error.message.empty() && !error.remedy.empty();
  if (right) return Held();
  return Falsified(Severity::kUnhelpful, "unhelpful-refusal-of-a-path", error.Text());
}

Verdict CheckLoadFrom(Network& network, const OddPath& odd, const CheckpointFunctions& functions) {
  const std::vector<Tensor> before = network.variables();
  const Result<LoadReport> loaded = functions.load(network, odd.path, {});
  if (loaded) return SilentlyWrong("loads-from-no-file", "\"" + odd.path + "\"");
  if (network.variables() != before) {
    return Falsified(Severity::kHalfLoaded, "no-file-changes-a-variable", loaded.error().Text());
  }
  return JudgedRefusal(loaded.error(), ErrorKind::kPathUnreadable, odd);
}

Verdict CheckSaveTo(const Network& network, const std::string& folder, const OddPath& odd,
                    const CheckpointFunctions& functions) {
  const std::vector<std::string> before = NamesIn(folder);
  const Status saved = functions.save(network, odd.path, Format::kWeightsH5);
  if (saved) return SilentlyWrong("saves-to-no-file", "\"" + odd.path + "\"");
  if (NamesIn(folder) != before) {
    return SilentlyWrong("refused-save-leaves-something", saved.error().Text());
  }
  return JudgedRefusal(saved.error(), ErrorKind::kPathUnwritable, odd);
}

}  // namespace

Verdict CheckPaths(Network& network, const std::string& folder, const std::string& file,
                   const CheckpointFunctions& functions) {
  network.variables() = MarkedValues(network, 0);
  for (const OddPath& odd : OddPaths(folder, file)) {
    Verdict verdict = CheckLoadFrom(network, odd, functions);
    if (verdict.kind == VerdictKind::kHeld && !odd.savable) {
      verdict = CheckSaveTo(network, folder, odd, functions);
    }
    if (verdict.kind != VerdictKind::kHeld) return verdict;
  }
  return Held();
}

}  // namespace weightproof
