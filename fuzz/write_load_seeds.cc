// Writes the seeds of fuzz_load_* that are ours, and their rows in the manifest there:
//   weightproof_write_load_seeds corpus/fuzz
#include <cstdio>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "fuzz/load_seeds.h"
#include "model/checkpoint/file.h"

namespace {

using weightproof::CheckpointFamily;
using weightproof::FileBytes;
using weightproof::Result;

bool Write(const std::string& path, std::span<const std::byte> bytes) {
  const auto status = weightproof::WriteFileAtomically(path, bytes);
  if (!status) std::fprintf(stderr, "%s\n", status.error().Text().c_str());
  return status.has_value();
}

}  // namespace

int main(int argc, char** argv) {
  const Result<FileBytes> manifest =
      weightproof::ReadWholeFile(std::string(argc == 2 ? argv[1] : "") + "/manifest.json");
  nlohmann::json rows;
  if (manifest) {
    const auto* text = reinterpret_cast<const char*>(manifest->data());
    rows = nlohmann::json::parse(text, text + manifest->size(), nullptr, false);
  }
  if (argc != 2 || !rows.is_object()) {
    std::fprintf(stderr, "usage: %s FOLDER, with manifest.json in it\n", argv[0]);
    return 2;
  }
  const std::string folder = std::string(argv[1]) + "/";
  for (const CheckpointFamily family :
       {CheckpointFamily::kLegacyH5, CheckpointFamily::kWeightsH5}) {
    const std::string target =
        family == CheckpointFamily::kLegacyH5 ? "fuzz_load_legacy_h5/" : "fuzz_load_weights_h5/";
    for (const weightproof::fuzz::LoadSeed& seed : weightproof::fuzz::LoadSeeds(family)) {
      if (!Write(folder + target + seed.name, seed.bytes)) return 2;
      rows[target + seed.name] = seed.reason;
    }
  }
  const std::string text = rows.dump(1, ' ', /*ensure_ascii=*/true) + "\n";
  return Write(folder + "manifest.json", std::as_bytes(std::span(text))) ? 0 : 2;
}
