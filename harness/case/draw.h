// The pieces Generate, Mutate and Shrinks are made of. Only for this folder.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/case/case.h"
#include "harness/case/generate.h"
#include "harness/case/valid.h"
#include "model/spec/plan.h"

namespace weightproof {

// Draws from a source of choices.
class Chooser {
 public:
  explicit Chooser(Choices& choices) : choices_(choices) {}

  int Range(int low, int high) {  // both included
    return low + static_cast<int>(choices_.Below(static_cast<std::uint64_t>(high - low + 1)));
  }
  std::uint64_t Below(std::uint64_t n) { return choices_.Below(n); }
  bool Percent(int percent) {
    return percent > 0 && choices_.Chance(static_cast<std::uint64_t>(percent), 100);
  }
  template <class T>
  const T& Pick(std::span<const T> from) {
    return from[choices_.Below(from.size())];
  }
  template <class T>
  T Pick(std::initializer_list<T> from) {
    return from.begin()[choices_.Below(from.size())];
  }
  // An index, with probability proportional to its weight; 0 when all weights are 0.
  std::size_t Weighted(std::span<const int> weights);
  std::size_t Weighted(std::initializer_list<int> weights) {
    return Weighted(std::span(weights.begin(), weights.size()));
  }
  std::vector<int> Permutation(int count);

 private:
  Choices& choices_;
};

// Of one file name, on every common file system.
inline constexpr std::size_t kNameBytesMax = 255;

// Whether a list of a Space allows `name`; an empty list allows everything.
inline bool Allows(const std::vector<std::string>& list, std::string_view name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

// Steps that model/ knows nothing of are drawn only where the space names them, and so is sharding.
inline bool AllowsStep(const Space& space, std::string_view name) {
  return !space.steps.empty() && Allows(space.steps, name);
}
inline bool AllowsSharded(const Space& space) {
  return !space.modes.empty() && Allows(space.modes, "sharded") &&
         Allows(space.formats, "weights_h5");
}

// draw_layers.cc: layers with drawn arguments.
struct LayerStyle {
  Dialect dialect = Dialect::kKeras3;
  bool twins = false;  // everything has `width` units, so that siblings have equal shapes
  int width = 3;
};
// Output shape of `layer` on `input`; nothing when it does not fit.
std::optional<Shape> OutputShape(const LayerSpec& layer, const Shape& input, Dialect dialect);
// shapes[i] is the input of layer i; the last one is the output. Empty when something does not fit.
std::vector<Shape> LayerShapes(const ArchitectureSpec& architecture);
// A layer that fits `input`; nothing when the space has none.
std::optional<LayerSpec> DrawLayer(Chooser& choose, const Space& space, const LayerStyle& style,
                                   const Shape& input, bool with_weights);
ArchitectureSpec DrawArchitecture(Chooser& choose, const Space& space);
bool HasWeights(std::string_view class_name);
// Layers that model/ does not compute are drawn only where the space names them.
bool AllowsLayer(const Space& space, std::string_view class_name);
std::string DrawActivation(Chooser& choose, Dialect dialect);

// draw_kinds.cc
// Often a part of a wrapper: frozen alone, it moves the others in legacy H5. "" for the layer.
std::string DrawPart(Chooser& choose, const ArchitectureSpec& architecture, int layer);

// draw_graph.cc
// A functional graph; without layers when nothing fits.
ArchitectureSpec DrawGraph(Chooser& choose, const Space& space, Dialect dialect);
// Steps after which it is the same model: calls and commutative operands in another order.
void DrawGraphSteps(Chooser& choose, const Space& space, const Case& c, Build& build);
// A step after which it is another model. False when there is none.
bool DrawGraphDifference(Chooser& choose, const Space& space, const Case& c, Step& step);

// draw_build.cc: programs of the same model.
void DrawBuilds(Chooser& choose, const Space& space, Case& c);
// Gives the reader the writer's build, which ends in a rebuild from the model's own config from
// then on. False: such a model has none, or the space no such step.
bool DrawSameBuild(Chooser& choose, const Space& space, Case& c);
// The same for a writer's build that stays as it is. False: it is not driven by a config.
bool GiveReaderSameBuild(Case& c);
Step DrawAssemble(Chooser& choose, const Space& space, const Case& c, const Build& build);
Step* FindStep(Build& build, StepOp op);
const Step* FindStep(const Build& build, StepOp op);

// attributes.cc
// The number of top-level layers that `build` arrives at.
int TopLevelCount(const ArchitectureSpec& architecture, const Build& build);
// The same of what a nest of that build holds.
int NestedCount(const Build& build, const Step& nest);
// Brings attributes of a subclass build to one per top-level layer and those of nests to one for
// each layer that they hold, after other steps changed.
void FixAttributes(const ArchitectureSpec& architecture, Build& build);

// draw_own.cc: nested functional models, and models and layers of a person's own class that keep
// what they call in attributes or containers.
void DrawNestKinds(Chooser& choose, const Space& space, std::vector<Step> (&nests)[2]);
// Attributes of the assembled subclass model and of the nests of a person's own class.
void DrawKeeping(Chooser& choose, const Space& space, const Case& c, Build& build);

// draw_state.cc: what is beside the weights: compiled models, layers that keep their state
// themselves, dtype policies.
void DrawState(Chooser& choose, const Space& space, Case& c);
// Another dtype policy on one side. False when the space has none.
bool DrawOtherPolicy(Chooser& choose, const Space& space, const Case& c, Build& build);

// draw_lookup.cc: lookup layers and how they come by a vocabulary.
// Whether an IntegerLookup stands first, and whether probes are whole numbers.
bool StartsWithLookup(const ArchitectureSpec& architecture);
bool TakesWholeNumbers(const ArchitectureSpec& architecture);
// Often puts a lookup layer before the Embedding that begins the architecture.
void DrawLookup(Chooser& choose, const Space& space, ArchitectureSpec& architecture);
// Steps by which both sides take in one vocabulary.
void DrawVocabulary(Chooser& choose, const Space& space, Case& c);
// Another vocabulary in `build`. False when no step of it takes one in.
bool DrawOtherVocabulary(Chooser& choose, Build& build);
// Whether a lookup layer stands before an Embedding that has a row for each of its results, or
// nowhere.
bool LookupFits(const ModelPlan& plan);

// draw_other.cc: makes one side deliberately another model. False when nothing fits.
bool DrawDifference(Chooser& choose, const Space& space, Case& c);

// draw_route.cc
void DrawRoute(Chooser& choose, const Space& space, Case& c);
void DrawSessions(Chooser& choose, const Space& space, Case& c);
void DrawProfile(Chooser& choose, Case& c);
std::string_view UsualSuffix(RouteFormat format);
inline constexpr std::string_view kShardedSuffix = ".weights.json";

// draw_damage.cc: one or two edits on things that the writer's file has.
void DrawDamage(Chooser& choose, const ModelPlan& writer, Case& c);

// draw_hostile.cc: one edit of those that the space lists; none where the file has no place for it.
void DrawHostile(Chooser& choose, const Space& space, const ModelPlan& writer, Case& c);

// valid.cc
// For load_as model: the reader's build becomes the writer's, made again from its config.
void FixReaderOfModel(Case& c);
bool IsValidBuild(const ArchitectureSpec& architecture, const Build& build);

}  // namespace weightproof
