// What loading a checkpoint is held to, whatever its bytes.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "harness/properties/verdict.h"
#include "model/checkpoint/checkpoint.h"

namespace weightproof {

// The functions that are judged. A test puts broken ones here.
struct CheckpointFunctions {
  Result<LoadReport> (*load)(Network& network, const std::string& path,
                             const LoadOptions& options) = LoadWeights;
  Status (*save)(const Network& network, const std::string& path, Format format) =
      [](const Network& network, const std::string& path, Format format) {
        return SaveWeights(network, path, format, {.sync = false});
      };
  Result<LoadedModel> (*load_model)(const std::string& path,
                                    const LoadOptions& options) = LoadModel;
};

// Which files a check is about: one of another format is not asked. kAny: whatever it is, under a
// name whose suffix may say something else.
enum class CheckpointFamily { kLegacyH5, kWeightsH5, kAny };

struct CheckpointLoadingResult {
  bool readable = false;  // as HDF5, by the strict reader
  bool accepted = false;  // without options
  bool accepted_with_options = false;
  Verdict verdict;  // held, falsified, not asked, or a harness error
};

// "A file that is refused leaves every variable as it was, and the refusal has a kind, the file and
// the place in it, and a remedy that was not already taken. One that is accepted is accounted for:
// every variable once, every tensor once; every variable that was set holds what its source in the
// file holds; saved and loaded into a fresh model the variables are the same bit for bit. Options
// only let more pass: what loads without them loads the same with them (by_name aside)."
//
// Besides, of whole models, checkpoint_model.h, and now and then of paths, checkpoint_paths.h.
//
// The file is loaded without options and with options that its digest chooses, into the one of
// `models` whose variables have the number and total size of the file's weights; if there is none,
// into one that its digest chooses. REQUIRES: `models` is not empty; `folder` exists, and files in
// it may be replaced. The models' variables are changed.
CheckpointLoadingResult CheckCheckpointLoading(std::span<const std::byte> file,
                                               CheckpointFamily family, std::span<Network> models,
                                               const std::string& folder,
                                               const CheckpointFunctions& functions = {});

// The options that the file's digest chooses, and whether it is then read through a mapping.
LoadOptions OptionsFor(std::span<const std::byte> file);

// The one of `models` that the file is loaded into, and that a tree is; `choice` is any number, the
// file's own.
std::size_t ModelFor(std::span<const std::byte> file, std::span<const Network> models);
std::size_t ChooseModel(const Group& root, std::span<const Network> models, std::size_t choice);

}  // namespace weightproof
