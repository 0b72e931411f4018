#include "harness/campaign/signature.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "harness/case/generate.h"
#include "harness/case/json.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

bool WithWeights(const LayerSpec& layer) {
  const LayerSchema* schema = FindLayerSchema(layer.class_name);
  return schema != nullptr && !schema->no_op && (schema->is_wrapper || schema->variables);
}

std::string TargetWord(const Step& step) {
  if (!step.part.empty()) return " part";
  return step.target == TargetKind::kNest    ? " nest"
         : step.target == TargetKind::kModel ? " model"
                                             : "";
}

// The step in words that say what kind of thing it does, not to which layer.
std::string Word(const Step& step) {
  std::string word(StepOpName(step.op));
  switch (step.op) {
    case StepOp::kFreeze:
    case StepOp::kUnfreeze:
      return word + TargetWord(step);
    case StepOp::kName:
      return word + TargetWord(step);
    case StepOp::kSet:
      return word + " " + step.key;
    case StepOp::kInsert:
      return word + (step.spec && WithWeights(*step.spec) ? " weights" : " weightless");
    case StepOp::kNest:
      if (step.nest != NestHow::kSequential) word += " " + std::string(NestHowName(step.nest));
      if (step.keep != KeepHow::kAttributes) word += " " + std::string(KeepHowName(step.keep));
      return word + (step.attribute_order.empty() ? "" : " in another order");
    case StepOp::kRebuild:
      return word + " " + std::string(RebuildHowName(step.rebuild));
    default:
      return word;
  }
}

std::vector<std::string> Words(const Case& c, const Build& build) {
  std::vector<std::string> words;
  for (const Step& step : build) {
    if (step.op == StepOp::kAssemble) continue;
    std::string word = Word(step);
    if (step.op == StepOp::kRemove &&
        static_cast<std::size_t>(step.layer) < c.architecture.layers.size()) {
      const bool weights = WithWeights(c.architecture.layers[static_cast<std::size_t>(step.layer)]);
      word += weights ? " weights" : " weightless";
    }
    words.push_back(std::move(word));
  }
  std::ranges::sort(words);
  return words;
}

void AddBuilds(const Case& c, Signature& out) {
  const std::vector<std::string> writer = Words(c, c.writer.build);
  std::vector<std::string> reader = Words(c, c.reader.build);
  for (const std::string& word : writer) {
    const auto twin = std::ranges::find(reader, word);
    out.insert((twin == reader.end() ? "one:" : "both:") + word);
    if (twin != reader.end()) reader.erase(twin);
  }
  for (const std::string& word : reader) out.insert("one:" + word);
}

void AddAssembly(const Case& c, Signature& out) {
  std::vector<std::string> how;
  for (const Side* side : {&c.writer, &c.reader}) {
    for (const Step& step : side->build) {
      if (step.op != StepOp::kAssemble) continue;
      how.emplace_back(AssembleHowName(step.how));
      if (step.input != InputHow::kGiven && step.how != AssembleHow::kSubclass) {
        out.insert("input:" + std::string(InputHowName(step.input)));
      }
      if (!step.attribute_order.empty()) out.insert("assemble:attribute_order");
      if (step.keep != KeepHow::kAttributes) {
        out.insert("assemble:keep " + std::string(KeepHowName(step.keep)));
      }
    }
  }
  std::ranges::sort(how);
  const auto plain = [](const std::string& word) { return word == "list" || word == "add"; };
  if (how.size() == 2 && !(plain(how[0]) && plain(how[1]))) {
    out.insert("assemble:" + (how[0] == how[1] ? how[0] : how[0] + "/" + how[1]));
  }
}

void AddLayer(const LayerSpec& layer, Signature& out) {
  const std::string& name = layer.class_name;
  const LayerSchema* schema = FindLayerSchema(name);
  if (name == "BatchNormalization" || name == "Normalization") out.insert("layer:state");
  if (schema != nullptr && schema->is_wrapper) out.insert("layer:" + name);
}

}  // namespace

Signature SignatureOf(const Case& c) {
  Signature out;
  AddBuilds(c, out);
  AddAssembly(c, out);
  for (const LayerSpec& layer : c.architecture.layers) AddLayer(layer, out);
  for (const Side* side : {&c.writer, &c.reader}) {
    for (const Step& step : side->build) {
      if (step.spec) AddLayer(*step.spec, out);
    }
  }
  for (const std::string& feature : Features(c)) {
    const bool told = feature.starts_with("mode:") || feature.starts_with("path:") ||
                      feature.starts_with("session:") || feature.starts_with("damage:") ||
                      feature.starts_with("profile:") || feature.starts_with("graph:");
    if (told && feature != "mode:by_order" && feature != "path:plain" &&
        feature != "profile:plain") {
      out.insert(feature);
    }
  }
  return out;
}

bool MayRepeat(const Signature& known, const Signature& c) {
  return std::ranges::includes(c, known);
}

std::string SignatureText(const Signature& signature) {
  return signature.empty() ? "plain" : fmt::format("{}", fmt::join(signature, ", "));
}

}  // namespace weightproof
