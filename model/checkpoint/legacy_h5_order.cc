#include "model/checkpoint/legacy_h5_order.h"

#include <algorithm>
#include <numeric>

#include "model/checkpoint/weights_h5.h"

namespace weightproof {
namespace {

constexpr const char* kSameFlags =
    "build the nested layers with the names and trainable flags that they had when saved";

// "kernel" of "dense/kernel:0".
std::string_view RoleOf(std::string_view weight) {
  weight = weight.substr(weight.rfind('/') + 1);
  return weight.ends_with(":0") ? weight.substr(0, weight.size() - 2) : weight;
}

// "dense" of "dense/kernel:0".
std::string_view ScopeOf(std::string_view weight) {
  const std::size_t slash = weight.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : weight.substr(0, slash);
}

bool IsCell(std::string_view part) {
  const std::size_t digits = part.find_last_not_of("0123456789");
  if (digits != std::string_view::npos && digits + 1 < part.size() && part[digits] == '_') {
    part = part.substr(0, digits);
  }
  return part == "lstm_cell" || part == "gru_cell" || part == "simple_rnn_cell";
}

// The scope without a recurrent layer's cell: "lstm" of "lstm/lstm_cell", whatever the model has
// at that place.
std::string_view WithoutCell(std::string_view scope) {
  const std::size_t last = scope.rfind('/');
  if (last == std::string_view::npos || !IsCell(scope.substr(last + 1))) return scope;
  return scope.substr(0, last);
}

// Whether `part` stands in `scope` as whole components ("a/b" in "net/a/b").
bool HasPart(std::string_view scope, std::string_view part, bool at_end) {
  for (std::size_t at = scope.find(part); at != std::string_view::npos;
       at = scope.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    const bool begins = at == 0 || scope[at - 1] == '/';
    const bool ends = end == scope.size() || (!at_end && scope[end] == '/');
    if (begins && ends) return true;
  }
  return false;
}

bool SameSignature(const ObjectPlan& a, const ObjectPlan& b) {
  return std::ranges::equal(a.variables, b.variables,
                            [](const VariablePlan& x, const VariablePlan& y) {
                              return x.role == y.role && x.shape == y.shape;
                            });
}

bool LowerSignature(const ObjectPlan& a, const ObjectPlan& b) {
  return std::ranges::lexicographical_compare(
      a.variables, b.variables, [](const VariablePlan& x, const VariablePlan& y) {
        return x.role != y.role ? x.role < y.role : x.shape < y.shape;
      });
}

class Inside {
 public:
  Inside(const LegacyFile& file, const LegacyLayer& from, const TopLayer& to,
         const NameJudge& judge, Ledger& ledger)
      : file_(file), from_(from), to_(to), judge_(judge), ledger_(ledger) {}

  Status CheckRoles() {
    for (std::size_t j = 0; j < to_.order.size(); ++j) {
      const VariablePlan& variable =
          *ledger_.model().variables[static_cast<std::size_t>(to_.order[j])];
      const std::string_view role = RoleOf(from_.weights[j].name);
      if (role == variable.role) continue;
      return Fail(ErrorKind::kRoleMismatch, PathOf(j),
                  "the file has \"" + std::string(role) + "\" where the model has " + variable.id,
                  to_.object->layers.empty() ? "build the layer as it was saved" : kSameFlags);
    }
    return {};
  }

  // Every sublayer takes its weights from one scope of the file, and no two from the same.
  Status CheckScopes() {
    scopes_.assign(to_.leaves.size(), {});
    std::vector<char> seen(to_.leaves.size(), 0);
    for (std::size_t j = 0; j < to_.order.size(); ++j) {
      const auto leaf = static_cast<std::size_t>(to_.leaf_of[j]);
      const std::string_view scope = ScopeOf(from_.weights[j].name);
      if (seen[leaf] == 0) {
        seen[leaf] = 1;
        scopes_[leaf] = scope;
      } else if (scopes_[leaf] != scope) {
        return Mixed(j, scopes_[leaf], *to_.leaves[leaf].object);
      }
    }
    std::vector<std::string_view> sorted = scopes_;
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice == sorted.end()) return {};
    return Fail(ErrorKind::kAmbiguousOrder, LayerPlace(),
                "\"" + std::string(*twice) + "\" of the file would go to two sublayers",
                kSameFlags);
  }

  // The weights of a layer speak of that layer: the last part of their scope is its name, and in
  // Keras 3 the scopes of a nest's own layers hold the nest's name. Layers of an inner nest that
  // was built first hold only the inner one's.
  Status CheckOwner() {
    const bool nest = to_.object->kind != ObjectKind::kLayer;
    if (nest && !file_.keras_version.starts_with("3.")) return {};
    for (std::size_t i = 0; i < scopes_.size(); ++i) {
      if (nest && !IsOwnLayer(*to_.leaves[i].object)) continue;
      const std::string_view scope = WithoutCell(scopes_[i]);
      if (scope.empty() || (nest && scope.find('/') == std::string_view::npos)) continue;
      if (HasPart(scope, from_.name, !nest)) continue;
      return Doubt("the layer's weights are called those of \"" + std::string(scope) + "\"");
    }
    return {};
  }

  Status CheckNames() {
    for (std::size_t i = 0; i < to_.leaves.size(); ++i) {
      const ObjectPlan& leaf = *to_.leaves[i].object;
      const std::string_view scope = WithoutCell(scopes_[i]);
      names_.push_back(scope.substr(scope.rfind('/') + 1));
      if (names_.back().empty()) continue;
      if (Status status = judge_.Judge(names_.back(), leaf, LayerPlace(), ledger_.report());
          !status) {
        return status;
      }
    }
    return {};
  }

  // Siblings that could change places unseen must say their order by ascending counters, or be
  // known by names that a person gave.
  Status CheckSiblings() {
    std::vector<std::size_t> by_signature(to_.leaves.size());
    std::iota(by_signature.begin(), by_signature.end(), std::size_t{0});
    std::ranges::sort(by_signature, [this](std::size_t a, std::size_t b) {
      if (LowerSignature(Leaf(a), Leaf(b))) return true;
      return !LowerSignature(Leaf(b), Leaf(a)) && a < b;
    });
    for (std::size_t begin = 0; begin < by_signature.size();) {
      std::size_t end = begin + 1;
      while (end < by_signature.size() &&
             SameSignature(Leaf(by_signature[begin]), Leaf(by_signature[end]))) {
        ++end;
      }
      if (end - begin > 1) {
        const auto siblings = std::span(by_signature).subspan(begin, end - begin);
        if (const std::string doubt = DoubtAbout(siblings); !doubt.empty()) {
          return Doubt(doubt);
        }
      }
      begin = end;
    }
    return {};
  }

 private:
  bool IsOwnLayer(const ObjectPlan& leaf) const {
    return std::ranges::any_of(to_.object->layers,
                               [&leaf](const ObjectPlan& layer) { return &layer == &leaf; });
  }
  const ObjectPlan& Leaf(std::size_t i) const { return *to_.leaves[i].object; }
  std::string LayerPlace() const { return ledger_.PlaceOf(file_.PathOf(from_)); }
  std::string PathOf(std::size_t j) const {
    return ledger_.PlaceOf(file_.PathOf(from_, from_.weights[j]));
  }

  std::unexpected<Error> Mixed(std::size_t j, std::string_view scope, const ObjectPlan& leaf) {
    return Fail(ErrorKind::kAmbiguousOrder, PathOf(j),
                "the model's layer \"" + leaf.name + "\" would take weights of both \"" +
                    std::string(scope) + "\" and \"" + std::string(ScopeOf(from_.weights[j].name)) +
                    "\"",
                kSameFlags);
  }

  // Why the siblings' order is in doubt, or "". `siblings` stand in the reader's order.
  std::string DoubtAbout(std::span<const std::size_t> siblings) const {
    std::vector<std::size_t> open;
    for (const std::size_t i : siblings) {
      if (!(Leaf(i).name_given && Leaf(i).name == names_[i])) open.push_back(i);
    }
    if (open.size() < 2) return "";
    std::vector<std::pair<std::string, long>> last;  // class, highest counter so far
    for (const std::size_t i : open) {
      const AutomaticName name = ParseAutomaticName(names_[i]);
      if (name.class_name.empty()) {
        return "\"" + std::string(names_[i]) +
               "\" does not tell its place among layers of "
               "equal shapes";
      }
      const auto it =
          std::ranges::find(last, name.class_name, &std::pair<std::string, long>::first);
      if (it == last.end()) {
        last.emplace_back(name.class_name, name.counter);
      } else if (it->second >= name.counter) {
        return "\"" + std::string(names_[i]) +
               "\" stands behind a layer of equal shapes with a higher number";
      } else {
        it->second = name.counter;
      }
    }
    return "";
  }

  Status Doubt(const std::string& doubt) {
    if (!ledger_.options().assume_order) {
      return Fail(ErrorKind::kAmbiguousOrder, LayerPlace(), doubt,
                  "load with assume_order to take the file's order, or build the nested layers "
                  "with the names and trainable flags that they had when saved");
    }
    ledger_.AddNote(NoteKind::kAssumedOrder, to_.object->name, doubt);
    return {};
  }

  const LegacyFile& file_;
  const LegacyLayer& from_;
  const TopLayer& to_;
  const NameJudge& judge_;
  Ledger& ledger_;
  std::vector<std::string_view> scopes_;  // per leaf
  std::vector<std::string_view> names_;   // per leaf
};

}  // namespace

Status CheckOrderInside(const LegacyFile& file, const LegacyLayer& from, const TopLayer& to,
                        const NameJudge& judge, Ledger& ledger) {
  Inside inside(file, from, to, judge, ledger);
  if (Status status = inside.CheckRoles(); !status) return status;
  if (Status status = inside.CheckScopes(); !status) return status;
  if (Status status = inside.CheckOwner(); !status) return status;
  if (to.object->kind == ObjectKind::kLayer) return {};
  if (Status status = inside.CheckNames(); !status) return status;
  return inside.CheckSiblings();
}

}  // namespace weightproof
