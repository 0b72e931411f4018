#include "harness/properties/observation.h"

#include <algorithm>
#include <cctype>
#include <cmath>

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
    if (!of_a_word(at - 1) && !of_a_word(at + name.size())) return true;
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

void CollectCells(const ObjectPlan& object, std::vector<const ObjectPlan*>* layers) {
  if (!CellClass(object).empty()) layers->push_back(&object);
  for (const ObjectPlan& layer : object.layers) CollectCells(layer, layers);
}

// How many objects of that class stand in a warning's list of those that were not loaded. Cells of
// several layers may bear one name.
std::size_t Listed(const Observation& o, const std::string& cell) {
  constexpr std::string_view kList = "List of objects that could not be loaded:";
  const std::string entry = "<" + cell + " name=";
  std::size_t count = 0;
  for (const ReportLine& line : o.load.reports) {
    if (!IsNews(o, line)) continue;
    std::size_t at = line.text.find(kList);
    while (at != std::string::npos) {
      at = line.text.find(entry, at + 1);
      count += at != std::string::npos ? 1 : 0;
    }
  }
  return count;
}

// Whether every layer with cells of that class that lacks its values is told of by its cell.
bool CellsReported(const Observation& o, const std::string& cell) {
  const std::size_t listed = Listed(o, cell);
  if (listed == 0) return false;
  std::vector<const ObjectPlan*> layers;
  CollectCells(o.reader_plan.model, &layers);
  const std::vector<std::string> wrong = WrongVariables(o, o.load);
  const auto lacks = [&](const ObjectPlan* layer) {
    return CellClass(*layer) == cell &&
           std::ranges::any_of(layer->variables, [&](const VariablePlan& variable) {
             return std::ranges::find(wrong, variable.id) != wrong.end();
           });
  };
  return listed >= static_cast<std::size_t>(std::ranges::count_if(layers, lacks));
}

bool NamesALayer(const ObjectPlan& object, const std::string& text) {
  return std::ranges::any_of(object.layers, [&](const ObjectPlan& layer) {
    return Names(text, layer.name) || NamesALayer(layer, text);
  });
}

}  // namespace

bool SpokeOfLayers(const Observation& o) {
  std::vector<const ObjectPlan*> cells;
  CollectCells(o.reader_plan.model, &cells);
  if (std::ranges::any_of(
          cells, [&](const ObjectPlan* layer) { return Listed(o, CellClass(*layer)) > 0; })) {
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
    std::vector<const ObjectPlan*> cells;
    CollectCells(o.reader_plan.model, &cells);
    for (const ObjectPlan* layer : cells) {
      const bool meant = std::ranges::any_of(layer->variables, [&](const VariablePlan& variable) {
        return std::ranges::find(given, variable.id) != given.end();
      });
      if (meant && CellsReported(o, CellClass(*layer))) return true;
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
