#include <algorithm>

#include "harness/properties/clauses.h"

namespace weightproof {
namespace {

// Whether the place is one inside the file: `FILE: PATH` or `FILE: PATH@ATTRIBUTE` of something
// that is there.
bool IsInTree(const Group& root, const std::string& file, const std::string& place) {
  const std::size_t begin = place.find(file + ": ");
  if (begin == std::string::npos) return false;
  std::string path = place.substr(begin + file.size() + 2);
  std::string attribute;
  if (const std::size_t at = path.rfind('@'); at != std::string::npos) {
    attribute = path.substr(at + 1);
    path.resize(at);
  }
  const Child* child = FindPath(root, path);
  const Group* group = path.empty() ? &root : child != nullptr ? child->group() : nullptr;
  if (attribute.empty()) return child != nullptr;
  return group != nullptr && group->FindAttribute(attribute) != nullptr;
}

// A refusal of a load is about something in the file or in the model: some name of either side
// must stand in its place or message.
bool NamesAPlace(const Observation& o, const Answer& answer) {
  const auto said = [&](const std::string& name) {
    return !name.empty() &&
           (answer.error_place.contains(name) || answer.error_message.contains(name));
  };
  // An option that cannot be had is the place itself.
  if (answer.error_kind == "OptionNotSupported") {
    return (o.c->route.by_name && said("by_name")) ||
           (o.c->route.skip_mismatch && said("skip_mismatch")) ||
           (o.c->route.partial && said("partial"));
  }
  // Of what is no HDF5 file at all there is no place inside.
  if (!o.file_refused.empty()) {
    return answer.error_kind == "NotAnHdf5File" || answer.error_message.contains("(byte ");
  }
  const auto any = [&](const ObjectPlan& object, const auto& self) -> bool {
    return said(object.name) ||
           std::ranges::any_of(
               object.variables,
               [&](const VariablePlan& v) { return said(v.id) || said(v.legacy_name); }) ||
           std::ranges::any_of(object.layers,
                               [&](const ObjectPlan& layer) { return self(layer, self); });
  };
  if (std::ranges::any_of(o.reader_plan.model.layers,
                          [&](const ObjectPlan& layer) { return any(layer, any); })) {
    return true;
  }
  if (std::ranges::any_of(o.writer_plan.model.layers,
                          [&](const ObjectPlan& layer) { return any(layer, any); })) {
    return true;
  }
  // Damaged bytes may have made another name, or no config, of what stood there.
  if (std::ranges::any_of(o.c->damage, OfBytes, &Damage::op) &&
      (said("byte ") || said("layer_names") || said("weight_names") || said("model_config"))) {
    return true;
  }
  if (o.tree && (IsInTree(*o.tree, o.load_path, answer.error_place) ||
                 std::ranges::any_of(WeightTensorPaths(*o.tree), said))) {
    return true;
  }
  return o.truth && std::ranges::any_of(o.truth->owed, [&](const Owed& owed) {
           return std::ranges::any_of(owed.subjects, said);
         });
}

Verdict CheckRefusal(const Observation& o, const Answer& answer, const std::string& path,
                     bool inside) {
  const std::string what = "'" + answer.error_kind + ": " + answer.error_message + "' ";
  if (answer.error_kind.empty() || answer.error_message.empty()) {
    return Falsified(Severity::kUnhelpful, "nothing-said", "a refusal without a kind or a message");
  }
  if (!answer.error_place.contains(path)) {
    return Falsified(Severity::kUnhelpful, "no-file", what + "does not name the file");
  }
  if (inside && !NamesAPlace(o, answer)) {
    return Falsified(Severity::kUnhelpful, "no-place",
                     what + "names no layer, variable or place in the file");
  }
  if (answer.error_remedy.empty()) {
    return Falsified(Severity::kUnhelpful, "no-remedy", what + "does not say what to do");
  }
  return Held();
}

}  // namespace

Verdict CheckErrorsHelp(const Observation& o) {
  if (o.save.outcome == Outcome::kRefused && o.writer->errors_help_is_clause) {
    return CheckRefusal(o, o.save, o.save_path, false);
  }
  if (!o.reader->errors_help_is_clause) return NotAsked();
  if (o.saved_elsewhere || o.saved_unreadable || o.save.outcome != Outcome::kOk ||
      o.load.outcome != Outcome::kRefused)
    return NotAsked();
  const Verdict refusal = CheckRefusal(o, o.load, o.load_path, true);
  if (refusal.kind == VerdictKind::kFalsified) return refusal;
  if (o.remedied_load && o.remedied_load->outcome == Outcome::kRefused &&
      o.remedied_load->error_kind == o.load.error_kind &&
      o.remedied_load->error_place == o.load.error_place) {
    return Falsified(Severity::kUnhelpful, "remedy-does-not-help",
                     "with '" + o.remedy_option +
                         "', as the refusal advises, the load is refused "
                         "in the same way: " +
                         o.load.error_message);
  }
  return Held();
}

}  // namespace weightproof
