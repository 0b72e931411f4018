#include "harness/oracle/promises.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "harness/oracle/legacy_names.h"
#include "harness/oracle/promise_table.h"

namespace weightproof {
namespace {

int Depth(const ObjectPlan& object) {
  int depth = 0;
  for (const ObjectPlan& layer : object.layers) {
    if (IsModel(layer)) depth = std::max(depth, 1 + Depth(layer));
  }
  return depth;
}

}  // namespace

std::string Keeping(const ObjectPlan& object) {
  if (!IsOwnClass(object)) return "";
  std::string text = object.kind == ObjectKind::kHolder ? "layer" : "model";
  text += ":" + std::to_string(static_cast<int>(object.keep));
  for (const std::string& attribute : object.attributes) text += " " + attribute;
  for (const int call : object.call_order) text += "," + std::to_string(call);
  for (const int entry : object.keep_order) text += ";" + std::to_string(entry);
  return text + " ";
}

namespace {

// Brackets around the weighted or computing leaves, in call order.
void Nesting(const ObjectPlan& object, std::string* text) {
  for (const int index : object.call_order) {
    const ObjectPlan& layer = object.layers[static_cast<std::size_t>(index)];
    if (!IsModel(layer)) {
      if (!ComputingLayers(layer).empty()) *text += '.';
    } else {
      *text += '(';
      if (layer.kind == ObjectKind::kFunctional) *text += 'f';
      *text += Keeping(layer);
      Nesting(layer, text);
      *text += ')';
    }
  }
}

std::vector<const ObjectPlan*> Weighted(const ObjectPlan& model) {
  std::vector<const ObjectPlan*> objects;
  for (const ObjectPlan& object : model.layers) {
    if (!Variables(object).empty()) objects.push_back(&object);
  }
  return objects;
}

// Every name of a model with the place it stands for: the computing layer's number, the range of a
// nested model, or nothing for a layer that computes nothing.
struct NamePlace {
  std::set<std::string> places;  // more than one where objects of different models share the name
  bool given = false;
};

void CollectPlaces(const ObjectPlan& object, int* number,
                   std::map<std::string, NamePlace>* places) {
  for (const int index : object.call_order) {
    const ObjectPlan& layer = object.layers[static_cast<std::size_t>(index)];
    const int first = *number;
    std::string place;
    if (IsModel(layer)) {
      CollectPlaces(layer, number, places);
      place = std::to_string(first) + "-" + std::to_string(*number);
    } else if (!ComputingLayers(layer).empty()) {
      place = std::to_string((*number)++);
    }
    NamePlace& known = (*places)[layer.name];
    known.places.insert(std::move(place));
    known.given = known.given || layer.name_given;
  }
}

// A name that a person gave on one side stands at another place on the other, or looks automatic
// so that only the person knows.
bool NamesConflict(const ObjectPlan& a, const ObjectPlan& b) {
  std::map<std::string, NamePlace> first, second;
  int number = 0;
  CollectPlaces(a, &number, &first);
  number = 0;
  CollectPlaces(b, &number, &second);
  // Weight paths in a file may carry the model's own name.
  for (const auto& [model, places] : {std::pair(&a, &first), std::pair(&b, &second)}) {
    (*places)[model->name].places.insert("model");
    (*places)[model->name].given |= model->name_given;
  }
  const auto looks_automatic = [](const auto& item) {
    return item.second.given && !AutomaticNameClass(item.first).empty();
  };
  if (std::ranges::any_of(first, looks_automatic) || std::ranges::any_of(second, looks_automatic)) {
    return true;
  }
  return std::ranges::any_of(first, [&](const auto& item) {
    const auto other = second.find(item.first);
    return other != second.end() && (item.second.given || other->second.given) &&
           (item.second.places != other->second.places || item.second.places.size() > 1 ||
            item.second.places.contains(""));
  });
}

std::vector<std::string> LegacyIds(const ObjectPlan& object) {
  std::vector<std::string> ids;
  for (const VariablePlan* variable : LegacyOrder(object)) ids.push_back(variable->id);
  return ids;
}

// Inside a nested layer, whether the file's names tell the places of equal siblings.
bool OrderIsTold(const ObjectPlan& writer, const ObjectPlan& reader) {
  const std::vector<const ObjectPlan*> file = WeightedLeaves(writer);
  const std::vector<const ObjectPlan*> mine = WeightedLeaves(reader);
  if (file.size() != mine.size()) return false;
  for (std::size_t a = 0; a < file.size(); ++a) {
    for (std::size_t b = a + 1; b < file.size(); ++b) {
      if (!SameVariables(*file[a], *file[b])) continue;
      if (HalfOf(file[a]->name) != HalfOf(file[b]->name)) continue;  // the names tell the halves
      if (file[a]->name_given || file[b]->name_given || mine[a]->name_given ||
          mine[b]->name_given ||
          (file[a]->class_name == file[b]->class_name &&
           AutomaticCounter(file[a]->name) >= AutomaticCounter(file[b]->name))) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

static bool HoldsWrapper(const ObjectPlan& object) {
  return object.kind == ObjectKind::kWrapper || std::ranges::any_of(object.layers, HoldsWrapper);
}

static bool HoldsFunctional(const ObjectPlan& object) {
  return std::ranges::any_of(object.layers, [](const ObjectPlan& layer) {
    return layer.kind == ObjectKind::kFunctional || HoldsFunctional(layer);
  });
}

std::string BuildKind(const ModelPlan& plan) {
  std::string kind;
  switch (plan.model.kind) {
    case ObjectKind::kFunctional:
      kind = "functional";
      break;
    case ObjectKind::kSubclass: {
      const auto before = std::ranges::count_if(
          plan.model.attributes, [](const std::string& name) { return name < "layers"; });
      kind = before == std::ssize(plan.model.attributes) ? "subclass<layers"
             : before == 0                               ? "subclass>layers"
                                                         : "subclass~layers";
      break;
    }
    default:
      kind = "sequential";
      break;
  }
  const int depth = Depth(plan.model);
  if (depth == 1) kind += "/nested";
  if (depth >= 2) kind += "/nested2";
  if (!plan.model.graph.empty()) kind += "+graph";
  if (HoldsWrapper(plan.model)) kind += "+wrapper";
  if (HoldsFunctional(plan.model)) kind += "+functional";
  if (HasOwnContainers(plan)) kind += "+own";
  return kind;
}

static std::string Ids(const ObjectPlan& model) {
  std::string text;
  for (const VariablePlan* variable : Variables(model)) text += " " + variable->id;
  return text;
}

bool SameNesting(const ModelPlan& a, const ModelPlan& b) {
  std::string first, second;
  // What a subclass model sets in which order is its kind's business, containers are not.
  if (a.model.keep != KeepHow::kAttributes || b.model.keep != KeepHow::kAttributes) {
    first = Keeping(a.model);
    second = Keeping(b.model);
  }
  Nesting(a.model, &first);
  Nesting(b.model, &second);
  // The formats know the layers of a graph by their order alone.
  if (!a.model.graph.empty() || !b.model.graph.empty()) {
    first += Ids(a.model);
    second += Ids(b.model);
  }
  return first == second;
}

Promise LookUpPromise(RouteFormat format, const ModelPlan& writer, const ModelPlan& reader) {
  if (writer.dialect != reader.dialect) return Promise::kDepends;
  const std::string w = BuildKind(writer);
  const std::string r = BuildKind(reader);
  const bool same = SameNesting(writer, reader);
  using Key = std::tuple<RouteFormat, Dialect, bool, std::string_view, std::string_view>;
  static const std::map<Key, Promise> kRows = [] {
    std::map<Key, Promise> rows;
    for (const PromiseRow& row : PromiseTable()) {
      rows.emplace(Key{row.format, row.dialect, row.same_nesting, row.writer, row.reader},
                   row.promise);
    }
    return rows;
  }();
  const auto row = kRows.find(Key{format, writer.dialect, same, w, r});
  return row == kRows.end() ? Promise::kDepends : row->second;
}

static bool SameFactors(const ObjectPlan& a, const ObjectPlan& b) {
  const auto factors = [](const ObjectPlan& model) {
    std::map<std::string_view, const Shape*> found;
    for (const VariablePlan* variable : Variables(model)) {
      if (IsLoraFactor(*variable)) found.emplace(variable->id, &variable->shape);
    }
    return found;
  };
  return std::ranges::equal(factors(a), factors(b), [](const auto& x, const auto& y) {
    return x.first == y.first && *x.second == *y.second;
  });
}

bool NamesMayRefuse(const ModelPlan& writer, const ModelPlan& reader, const Route& route) {
  const std::vector<const ObjectPlan*> a = Weighted(writer.model);
  const std::vector<const ObjectPlan*> b = Weighted(reader.model);
  if (a.size() != b.size() || NamesConflict(writer.model, reader.model)) return true;
  const bool by_place =
      route.format == RouteFormat::kWeightsH5 || route.format == RouteFormat::kKerasArchive;
  if (route.by_name && by_place) return true;  // an option that the format does not have
  if (route.by_name) {
    for (std::size_t k = 0; k < a.size(); ++k) {
      if (a[k]->name != b[k]->name) return true;
    }
  }
  if (!writer.model.graph.empty() && !SameNesting(writer, reader)) return true;
  if (by_place) return false;
  // Factors of a low-rank adaptation are weights of their own here.
  if (!SameFactors(writer.model, reader.model)) return true;
  for (std::size_t k = 0; k < a.size(); ++k) {
    if (a[k]->kind == ObjectKind::kLayer && b[k]->kind == ObjectKind::kLayer) continue;
    if (LegacyIds(*a[k]) != LegacyIds(*b[k]) || !OrderIsTold(*a[k], *b[k])) return true;
  }
  return false;
}

bool NamesCollide(const ModelPlan& writer, RouteFormat format) {
  if (format != RouteFormat::kLegacyH5 && format != RouteFormat::kLegacyH5Model) return false;
  constexpr std::size_t kNameBytesMax = 64'512;
  std::set<std::string_view> layers = {"top_level_model_weights", "."};
  return std::ranges::any_of(writer.model.layers, [&](const ObjectPlan& layer) {
    std::set<std::string_view> weights;
    return layer.name.size() > kNameBytesMax || !layers.insert(layer.name).second ||
           std::ranges::any_of(Variables(layer), [&](const VariablePlan* variable) {
             return variable->legacy_name.size() > kNameBytesMax ||
                    !weights.insert(variable->legacy_name).second;
           });
  });
}

}  // namespace weightproof
