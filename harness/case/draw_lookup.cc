// Lookup layers: a vocabulary is an argument of the constructor, or is taken in afterwards, when it
// stands beside the weights. Drawn for real loaders that name the layer and the steps.
#include <numeric>
#include <set>

#include "harness/case/draw.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

using std::int64_t;
using Tokens = std::vector<int64_t>;

constexpr std::string_view kLookup = "IntegerLookup";

// The same ones in another order: as many results, each another one.
Tokens Turned(Tokens tokens) {
  if (tokens.size() > 1) std::rotate(tokens.begin(), tokens.begin() + 1, tokens.end());
  return tokens;
}

void TakeIn(Case& c, std::string_view how_writer, std::string_view how_reader,
            const Tokens& tokens) {
  Step step;
  step.op = StepOp::kVocabulary;
  step.value = tokens;
  step.key = how_writer;
  c.writer.build.insert(c.writer.build.begin(), step);
  step.key = how_reader;
  c.reader.build.insert(c.reader.build.begin(), std::move(step));
}

// The layers that are called, in order; a wrapper's own parts among them.
void CalledLayers(const ObjectPlan& object, std::vector<const ObjectPlan*>& out) {
  if (object.layers.empty() && object.class_name != "InputLayer") out.push_back(&object);
  for (const ObjectPlan& layer : object.layers) CalledLayers(layer, out);
}

}  // namespace

bool StartsWithLookup(const ArchitectureSpec& architecture) {
  return !architecture.layers.empty() && architecture.layers[0].class_name == kLookup;
}

bool TakesWholeNumbers(const ArchitectureSpec& architecture) {
  return StartsWithLookup(architecture) ||
         (!architecture.layers.empty() && architecture.layers[0].class_name == "Embedding");
}

void DrawLookup(Chooser& choose, const Space& space, ArchitectureSpec& architecture) {
  if (!AllowsLayer(space, kLookup) || !choose.Percent(40)) return;
  const int count = choose.Range(2, 4);
  const int64_t mask = choose.Percent(20) ? 1 : 0;
  const int64_t others = choose.Percent(20) ? 2 : 1;
  // One of the numbers up to count is in no vocabulary.
  Tokens tokens;
  for (const int token : choose.Permutation(count + 1)) tokens.push_back(token + mask);
  tokens.pop_back();
  LayerSpec lookup;
  lookup.class_name = kLookup;
  lookup.config["vocabulary"] = tokens;
  if (others > 1) lookup.config["num_oov_indices"] = others;
  if (mask > 0) lookup.config["mask_token"] = int64_t{0};
  // Enough rows for what is looked up, and for the numbers themselves where a build leaves it out.
  architecture.layers[0].config["input_dim"] = count + others + mask + choose.Range(1, 2);
  architecture.layers.insert(architecture.layers.begin(), std::move(lookup));
}

void DrawVocabulary(Chooser& choose, const Space& space, Case& c) {
  if (!StartsWithLookup(c.architecture)) return;
  const bool adapt = AllowsStep(space, "vocabulary:adapt");
  const bool set = AllowsStep(space, "vocabulary:set");
  Config& config = c.architecture.layers[0].config;
  const auto* given = std::get_if<Tokens>(&config["vocabulary"]);
  if (given == nullptr) return;
  const Tokens tokens = *given;
  // tf-keras says of legacy files that they cannot hold one that was taken in.
  const bool holds =
      c.route.format == RouteFormat::kWeightsH5 || c.route.format == RouteFormat::kKerasArchive;
  switch (choose.Weighted({35, adapt || set ? (holds ? 45 : 4) : 0, set ? 20 : 0})) {
    case 1: {
      const auto how = [&] { return set && (!adapt || choose.Percent(40)) ? "set" : "adapt"; };
      config.erase("vocabulary");
      const char* writer = how();
      TakeIn(c, writer, how(), tokens);
      return;
    }
    case 2:
      return TakeIn(c, "set", "set", Turned(tokens));
    default:
      return;
  }
}

bool DrawOtherVocabulary(Chooser& choose, Build& build) {
  Step* step = FindStep(build, StepOp::kVocabulary);
  auto* tokens = step == nullptr ? nullptr : std::get_if<Tokens>(&step->value);
  if (tokens == nullptr) return false;
  if (tokens->size() > 2 && choose.Percent(25)) {
    tokens->pop_back();
  } else {
    *tokens = Turned(*tokens);
  }
  return true;
}

bool LookupFits(const ModelPlan& plan) {
  std::vector<const ObjectPlan*> layers;
  CalledLayers(plan.model, layers);
  const auto is_lookup = [](const ObjectPlan* layer) { return layer->class_name == kLookup; };
  const auto count = std::ranges::count_if(layers, is_lookup);
  if (count == 0) return true;
  if (count > 1 || layers.size() < 2 || !plan.model.graph.empty()) return false;
  if (!is_lookup(layers[0]) || layers[1]->class_name != "Embedding") return false;
  const Config& config = layers[0]->config;
  const auto* tokens = std::get_if<Tokens>(&config.at("vocabulary"));
  if (tokens == nullptr) return false;
  std::set<int64_t> taken(tokens->begin(), tokens->end());
  int64_t results = std::ssize(*tokens) + GetInt(config, "num_oov_indices");
  if (!IsNull(config, "mask_token")) {
    ++results;
    if (taken.contains(GetInt(config, "mask_token"))) return false;
  }
  return taken.size() == tokens->size() && results <= GetInt(layers[1]->config, "input_dim");
}

}  // namespace weightproof
