#include "harness/case/space.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "harness/case/draw.h"
#include "model/spec/layer_schema.h"

namespace weightproof {
namespace {

void FillWith(std::vector<std::string>& list, std::initializer_list<std::string_view> names) {
  if (list.empty()) list.assign(names.begin(), names.end());
}

std::vector<std::string> InBoth(const std::vector<std::string>& a,
                                const std::vector<std::string>& b) {
  std::vector<std::string> out;
  for (const std::string& name : a) {
    if (std::ranges::find(b, name) != b.end()) out.push_back(name);
  }
  return out;
}

}  // namespace

Space SpellOut(Space space) {
  if (space.layers.empty()) {
    for (const LayerSchema& schema : LayerSchemas()) {
      const bool drawn = schema.class_name != "Sequential" && schema.class_name != "InputLayer";
      if (drawn && AllowsLayer(Space(), schema.class_name)) {
        space.layers.emplace_back(schema.class_name);
      }
    }
  }
  FillWith(space.formats, {"legacy_h5", "legacy_h5_model", "weights_h5", "keras_archive"});
  FillWith(space.dialects, {"keras3", "tf_keras"});
  FillWith(space.modes, {"by_order", "by_name", "skip_mismatch", "partial", "model"});
  // Graphs are drawn only where they are named.
  FillWith(space.steps, {"clear_names",
                         "stray",
                         "set",
                         "exchange",
                         "remove",
                         "insert",
                         "noop",
                         "name",
                         "freeze",
                         "unfreeze",
                         "order",
                         "nest",
                         "pop",
                         "assemble:list",
                         "assemble:add",
                         "assemble:functional",
                         "assemble:subclass",
                         "input:given",
                         "input:build",
                         "input:call",
                         "rebuild:from_config",
                         "rebuild:json",
                         "rebuild:clone"});
  return space;
}

Space CommonSpace(const Space& first, const Space& second) {
  const Space a = SpellOut(first);
  const Space b = SpellOut(second);
  Space out;
  out.layers = InBoth(a.layers, b.layers);
  out.formats = InBoth(a.formats, b.formats);
  out.dialects = InBoth(a.dialects, b.dialects);
  out.modes = InBoth(a.modes, b.modes);
  out.steps = InBoth(a.steps, b.steps);
  // Only the reader meets the file.
  out.hostile = b.hostile;
  out.hostile_percent = b.hostile_percent;
  out.damage = a.damage && b.damage;
  out.sessions = a.sessions && b.sessions;
  out.layers_max = std::min(a.layers_max, b.layers_max);
  return out;
}

}  // namespace weightproof
