#include "harness/properties/observation.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>

namespace weightproof {

const Tensor* FindTensor(const std::vector<NamedTensor>& tensors, std::string_view id) {
  const auto found = std::ranges::find(tensors, id, &NamedTensor::id);
  return found != tensors.end() ? &found->tensor : nullptr;
}

const std::vector<NamedTensor>& SavedAsRead(const Observation& o) {
  return o.saved_as_read.empty() ? o.saved : o.saved_as_read;
}

const Tensor* TrueValue(const Observation& o, std::string_view id) {
  if (!o.truth) {
    // Another model, of which no more is known: what has another shape cannot be taken.
    const Tensor* saved = FindTensor(SavedAsRead(o), id);
    const Tensor* initial = FindTensor(o.initial, id);
    const bool fits = saved == nullptr || initial == nullptr || saved->shape() == initial->shape();
    return fits ? saved : initial;
  }
  const std::optional<Tensor>* value = o.truth->Find(id);
  return value != nullptr && value->has_value() ? &**value : FindTensor(o.initial, id);
}

bool SamePrediction(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  if (a.dtype() != DType::kFloat32) return a == b;
  const auto x = a.values<float>();
  const auto y = b.values<float>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) && std::isnan(y[i])) continue;
    if (x[i] != y[i] || std::signbit(x[i]) != std::signbit(y[i])) return false;
  }
  return true;
}

std::vector<std::string> WrongVariables(const Observation& o, const Answer& load) {
  std::vector<std::string> wrong;
  for (const VariablePlan* variable : Variables(o.reader_plan.model)) {
    const Tensor* got = FindTensor(load.variables, variable->id);
    const Tensor* truth = TrueValue(o, variable->id);
    if (got == nullptr || truth == nullptr || !(*got == *truth)) wrong.push_back(variable->id);
  }
  return wrong;
}

namespace {

// Names of the layer that owns a variable and of the models around it. The model itself is none:
// its name says nothing of the variable.
bool CollectOwners(const ObjectPlan& object, std::string_view id, std::vector<std::string>* names) {
  for (const ObjectPlan& layer : object.layers) {
    const bool own =
        std::ranges::find(layer.variables, id, &VariablePlan::id) != layer.variables.end();
    if (!own && !CollectOwners(layer, id, names)) continue;
    names->push_back(layer.name);
    return true;
  }
  return false;
}

// Whether `text` holds `name` as a word: "lstm" is no word of "lstm_cell".
bool Names(std::string_view text, std::string_view name) {
  const auto of_a_word = [&](std::size_t at) {
    return at < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_');
  };
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    // "core.dense.Dense" is the path of a module.
    const bool of_a_path = at > 0 && text[at - 1] == '.';
    if (!of_a_path && !of_a_word(at - 1) && !of_a_word(at + name.size())) return true;
  }
  return false;
}

// Whether a line warns of something that the clean load did not say.
bool IsNews(const Observation& o, const ReportLine& line) {
  // Said of loads that are right; no warning of a wrong one.
  if (line.kind == "Renamed" || line.kind == "Widened" || line.kind == "SuffixDiffers") {
    return false;
  }
  return !o.clean_load || std::ranges::none_of(o.clean_load->reports, [&](const ReportLine& clean) {
    return clean.kind == line.kind && clean.subject == line.subject && clean.text == line.text;
  });
}

// Keras 3 tells of an RNN's weights by the cell that keeps them: the class of it, or "".
std::string CellClass(const ObjectPlan& layer) {
  if (layer.weights_h5_owner != "cell") return "";
  return (layer.class_name.starts_with("ConvLSTM") ? "ConvLSTM" : layer.class_name) + "Cell";
}

// What a warning calls the object that keeps the layer's weights.
std::string KeeperClass(const ObjectPlan& layer) {
  const std::string cell = CellClass(layer);
  return cell.empty() ? layer.class_name : cell;
}

void CollectKeepers(const ObjectPlan& object, std::vector<const ObjectPlan*>* layers) {
  if (!object.variables.empty()) layers->push_back(&object);
  for (const ObjectPlan& layer : object.layers) CollectKeepers(layer, layers);
}

// How many objects of that class a text tells of after each `before`, up to `after`.
std::size_t CountObjects(std::string_view text, std::string_view before, std::string_view after,
                         const std::function<bool(std::string_view)>& is_meant) {
  std::size_t count = 0;
  for (std::size_t at = text.find(before); at != std::string_view::npos;
       at = text.find(before, at)) {
    at += before.size();
    const std::size_t end = text.find(after, at);
    count += end != std::string_view::npos && is_meant(text.substr(at, end - at)) ? 1 : 0;
  }
  return count;
}

// How many objects of that class are told of as not loaded, by class alone: cells of several layers
// may bear one name in the list of Keras 3, and tf_keras says "<tf_keras.src...Dense object at 0x".
std::size_t Told(const Observation& o, const std::string& keeper, bool in_list) {
  constexpr std::string_view kList = "List of objects that could not be loaded:";
  std::size_t count = 0;
  for (const ReportLine& line : o.load.reports) {
    if (!IsNews(o, line)) continue;
    const std::size_t list = line.text.find(kList);
    if (in_list && list != std::string::npos) {
      count += CountObjects(std::string_view(line.text).substr(list), "<",
                            " name=", [&](std::string_view found) { return found == keeper; });
    }
    count += CountObjects(line.text, "Could not load weights in object <", " object at 0x",
                          [&](std::string_view found) { return found.ends_with("." + keeper); });
  }
  return count;
}

// Whether every layer whose weights such an object keeps, and that lacks its values, is told of.
bool KeepersReported(const Observation& o, const std::vector<const ObjectPlan*>& layers,
                     const ObjectPlan& one) {
  const std::string keeper = KeeperClass(one);
  const std::size_t told = Told(o, keeper, !CellClass(one).empty());
  if (told == 0) return false;
  const std::vector<std::string> wrong = WrongVariables(o, o.load);
  const auto lacks = [&](const ObjectPlan* layer) {
    return KeeperClass(*layer) == keeper &&
           std::ranges::any_of(layer->variables, [&](const VariablePlan& variable) {
             return std::ranges::find(wrong, variable.id) != wrong.end();
           });
  };
  return told >= static_cast<std::size_t>(std::ranges::count_if(layers, lacks));
}

bool NamesALayer(const ObjectPlan& object, const std::string& text) {
  return std::ranges::any_of(object.layers, [&](const ObjectPlan& layer) {
    return Names(text, layer.name) || NamesALayer(layer, text);
  });
}

}  // namespace

bool SpokeOfLayers(const Observation& o) {
  std::vector<const ObjectPlan*> layers;
  CollectKeepers(o.reader_plan.model, &layers);
  if (std::ranges::any_of(layers, [&](const ObjectPlan* layer) {
        return Told(o, KeeperClass(*layer), !CellClass(*layer).empty()) > 0;
      })) {
    return true;
  }
  return std::ranges::any_of(o.load.reports, [&](const ReportLine& line) {
    return IsNews(o, line) && (NamesALayer(o.reader_plan.model, line.text) ||
                               NamesALayer(o.writer_plan.model, line.text));
  });
}

bool Reported(const Observation& o, const std::vector<std::string>& given) {
  // A real loader does not know our ids; it speaks of layers.
  std::vector<std::string> subjects = given;
  if (!o.reader->makes_reports) {
    for (const std::string& id : given) CollectOwners(o.reader_plan.model, id, &subjects);
    std::vector<const ObjectPlan*> layers;
    CollectKeepers(o.reader_plan.model, &layers);
    for (const ObjectPlan* layer : layers) {
      const bool meant = std::ranges::any_of(layer->variables, [&](const VariablePlan& variable) {
        return std::ranges::find(given, variable.id) != given.end();
      });
      if (meant && KeepersReported(o, layers, *layer)) return true;
    }
  }
  return std::ranges::any_of(o.load.reports, [&](const ReportLine& line) {
    return IsNews(o, line) && std::ranges::any_of(subjects, [&](const std::string& subject) {
             if (subject.empty()) return false;
             return line.subject.empty() ? Names(line.text, subject) : line.subject == subject;
           });
  });
}

}  // namespace weightproof
