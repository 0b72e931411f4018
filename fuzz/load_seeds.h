// Seeds of fuzz_load_*: files of our own writer with what golden files lack.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/properties/checkpoint_loading.h"

namespace weightproof::fuzz {

struct LoadSeed {
  std::string name;    // of the file in corpus/fuzz/TARGET
  std::string reason;  // why it is there, for the manifest
  bool loads = false;  // without options
  std::vector<std::byte> bytes;
};

// What our writer makes of `network` with numbers that every dtype holds. Not kAny.
Group PlainCheckpoint(CheckpointFamily family, const Network& network);

// One of CheckpointModels().
const Network& ModelCalled(std::string_view name);

// Of CheckpointModels(): two dense layers; equal layers in a nested model, one of them frozen.
inline constexpr std::string_view kDenseStack = "keras-001";
inline constexpr std::string_view kSiblings[] = {"siblings-keras", "siblings-tf_keras"};

std::vector<LoadSeed> LoadSeeds(CheckpointFamily family);

// An attribute of the root, a number that nothing reads, of seeds whose digest has to choose what
// they are there for.
inline constexpr const char* kSalt = "salt";

}  // namespace weightproof::fuzz
