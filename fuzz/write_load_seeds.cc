// Writes the seeds of fuzz_load_* that are ours:  weightproof_write_load_seeds corpus/fuzz
#include <cstdio>
#include <string>

#include "fuzz/load_seeds.h"
#include "model/checkpoint/file.h"

int main(int argc, char** argv) {
  using weightproof::CheckpointFamily;
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER, with fuzz_load_legacy_h5 and _weights_h5 in it\n",
                 argv[0]);
    return 2;
  }
  for (const CheckpointFamily family :
       {CheckpointFamily::kLegacyH5, CheckpointFamily::kWeightsH5}) {
    const std::string target =
        family == CheckpointFamily::kLegacyH5 ? "fuzz_load_legacy_h5" : "fuzz_load_weights_h5";
    for (const weightproof::fuzz::LoadSeed& seed : weightproof::fuzz::LoadSeeds(family)) {
      const std::string path = std::string(argv[1]) + "/" + target + "/" + seed.name;
      if (auto status = weightproof::WriteFileAtomically(path, seed.bytes); !status) {
        std::fprintf(stderr, "%s\n", status.error().Text().c_str());
        return 2;
      }
    }
  }
  return 0;
}
