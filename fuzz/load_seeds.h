// Seeds of fuzz_load_*: files of our own writer with what golden files lack.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "harness/properties/checkpoint_loading.h"

namespace weightproof::fuzz {

struct LoadSeed {
  std::string name;    // of the file in corpus/fuzz/TARGET
  bool loads = false;  // without options
  std::vector<std::byte> bytes;
};

// What our writer makes of `network` with numbers that every dtype holds. Not kAny.
Group PlainCheckpoint(CheckpointFamily family, const Network& network);

std::vector<LoadSeed> LoadSeeds(CheckpointFamily family);

}  // namespace weightproof::fuzz
