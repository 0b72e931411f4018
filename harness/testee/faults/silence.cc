// Contradictions that pass without a word.
#include <array>

#include "harness/testee/faults/faulty.h"

namespace weightproof {
namespace {

constexpr std::string_view kLoudOrRight = "loud-or-right";

Hooks LayerCountIgnored() {
  return Ignoring(
      {ErrorKind::kLayerCountMismatch, ErrorKind::kMissingTensor, ErrorKind::kUnmatchedLayer});
}
Hooks WeightCountIgnored() { return Ignoring({ErrorKind::kWeightCountMismatch}); }
Hooks ShapeIgnored() { return Ignoring({ErrorKind::kShapeMismatch}); }
Hooks RoleIgnored() { return Ignoring({ErrorKind::kRoleMismatch}); }
// A nested model is still told from a layer.
Hooks ClassIgnored() {
  Hooks hooks = Ignoring({ErrorKind::kClassMismatch, ErrorKind::kRoleMismatch});
  hooks.refused = [ignore = hooks.refused](const Error& error, const Network& network,
                                           const Group& tree, const LoadOptions& options) {
    if (error.message.contains("Sequential")) return Result<Assignment>(std::unexpected(error));
    return ignore(error, network, tree, options);
  };
  return hooks;
}
Hooks GivenNameIgnored() { return Ignoring({ErrorKind::kGivenNameElsewhere}); }
Hooks OrderGuessed() { return Allowing(ErrorKind::kAmbiguousOrder, &LoadOptions::assume_order); }
Hooks MissingIgnored() { return Ignoring({ErrorKind::kMissingTensor}); }
Hooks UnusedIgnored() { return Ignoring({ErrorKind::kUnusedTensor}); }
Hooks NarrowingUnreported() {
  return Allowing(ErrorKind::kNarrowing, &LoadOptions::allow_narrowing);
}
Hooks AutomaticNamesTrusted() {
  return Ignoring({ErrorKind::kAutoNamesDisagree, ErrorKind::kUnmatchedLayer});
}
Hooks MetadataIgnored() {
  return Ignoring({ErrorKind::kMalformedMetadata, ErrorKind::kDuplicateName});
}

// skip_mismatch and partial do their work and keep quiet about it.
Hooks SkipsUnreported() {
  Hooks hooks;
  hooks.reported = [](LoadReport& report, const Network&) {
    std::erase_if(report.notes, [](const Note& note) { return note.kind == NoteKind::kSkipped; });
  };
  return hooks;
}

Hooks LayersDifferUnreported() {
  Hooks hooks;
  hooks.reported = [](LoadReport& report, const Network&) { report.notes.clear(); };
  return hooks;
}

constexpr std::array kSilenceFaults{
    Fault{{"automatic-names-trusted", kLoudOrRight,
           "by name, automatic names that a counter has shifted are matched, the rest ignored"},
          &AutomaticNamesTrusted},
    Fault{{"class-ignored", kLoudOrRight, "a layer of another class with equal shapes is taken"},
          &ClassIgnored},
    Fault{{"given-name-ignored", kLoudOrRight, "names that a person gave count for nothing"},
          &GivenNameIgnored},
    Fault{{"layer-count-ignored", kLoudOrRight, "a missing layer stays at its initial value"},
          &LayerCountIgnored},
    Fault{{"metadata-ignored", kLoudOrRight, "name lists that make no sense are made sense of"},
          &MetadataIgnored},
    Fault{{"missing-tensor-ignored", kLoudOrRight, "a missing tensor stays at its initial value"},
          &MissingIgnored},
    Fault{{"narrowing-unreported", kLoudOrRight, "float64 is rounded without a word"},
          &NarrowingUnreported},
    Fault{{"notes-dropped", kLoudOrRight, "whatever a load has to say is dropped"},
          &LayersDifferUnreported},
    Fault{{"order-guessed", kLoudOrRight,
           "equal siblings inside a nested model are taken in file order, whatever their names"},
          &OrderGuessed},
    Fault{{"role-ignored", kLoudOrRight, "a tensor called beta is taken for gamma"}, &RoleIgnored},
    Fault{{"shape-ignored", kLoudOrRight, "a tensor of another shape is skipped silently"},
          &ShapeIgnored},
    Fault{{"skips-unreported", kLoudOrRight, "skip_mismatch does not list what it skipped"},
          &SkipsUnreported},
    Fault{{"unused-tensor-ignored", kLoudOrRight, "a tensor that nothing takes is ignored"},
          &UnusedIgnored},
    Fault{
        {"weight-count-ignored", kLoudOrRight, "a layer with another number of weights is skipped"},
        &WeightCountIgnored},
};

}  // namespace

std::span<const Fault> SilenceFaults() { return kSilenceFaults; }

}  // namespace weightproof
