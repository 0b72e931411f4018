// Models and layers of a person's own class, which keep what they call in attributes or containers.
#include <algorithm>
#include <set>
#include <utility>

#include "model/spec/session.h"

namespace weightproof {
namespace {

// Attributes of keras.Model that an assignment would break or that mean something else.
constexpr std::string_view kReservedAttributes[] = {
    "build",     "built",      "call",    "compile",       "compiled",  "dtype",     "fit",
    "input",     "inputs",     "layers",  "losses",        "loss",      "metrics",   "name",
    "optimizer", "output",     "outputs", "path",          "predict",   "run",       "save",
    "state",     "submodules", "summary", "test_on_batch", "trainable", "variables", "weights"};

bool IsIdentifier(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  if (text.empty() || !letter(text.front())) return false;
  return std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

Status CheckAttributes(const Step& step, std::size_t called) {
  const std::size_t count = step.keep == KeepHow::kAttributes ? called : 1;
  const std::set<std::string> unique(step.attributes.begin(), step.attributes.end());
  if (step.attributes.size() != count || unique.size() != count) {
    return BadBuild("attributes", "not one for each layer, or one for the container",
                    "give " + std::to_string(count) + " names");
  }
  for (const std::string& attribute : step.attributes) {
    if (!IsIdentifier(attribute) ||
        std::ranges::find(kReservedAttributes, attribute) != std::end(kReservedAttributes)) {
      return BadBuild("attributes", "\"" + attribute + "\" cannot be an attribute",
                      "use a plain identifier");
    }
  }
  return {};
}

// The entries of a dict are called k0, k1, ... by their calls.
std::string KeyOf(int call) { return "k" + std::to_string(call); }

}  // namespace

Result<int> Session::NewOwn(ObjectKind kind, std::string_view class_name, const std::string& name,
                            bool trainable, const std::vector<int>& called, const Step& keeping) {
  const std::size_t count = called.size();
  if (Status s = CheckAttributes(keeping, count); !s) return std::unexpected(s.error());
  std::vector<int> order = keeping.attribute_order;
  if (order.empty()) {
    for (std::size_t i = 0; i < count; ++i) order.push_back(static_cast<int>(i));
  }
  std::vector<int> sorted = order;
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size() || i < count; ++i) {
    if (sorted.size() != count || sorted[i] != static_cast<int>(i)) {
      return BadBuild("attributes", "attribute_order is no permutation", "list each once");
    }
  }
  // What a container holds is found in its order; tf_keras sorts a dict by its keys.
  std::vector<int> tracked = order;
  if (keeping.keep == KeepHow::kDict && !keras3()) {
    std::ranges::sort(tracked, {}, [](int call) { return KeyOf(call); });
  }
  Object made;
  made.kind = kind;
  made.own_class = class_name;
  made.name_given = !name.empty();
  made.name = name.empty() ? AutoName(SnakeCase(class_name)) : name;
  made.trainable = trainable;
  made.keep = keeping.keep;
  made.calls.assign(count, -1);
  for (const int call : tracked) {
    const auto index = static_cast<std::size_t>(call);
    made.calls[index] = static_cast<int>(made.children.size());
    made.children.push_back(called[index]);
    if (keeping.keep == KeepHow::kAttributes) made.attributes.push_back(keeping.attributes[index]);
  }
  if (keeping.keep != KeepHow::kAttributes) {
    made.attributes = keeping.attributes;
    for (const int call : order) {
      made.keep_order.push_back(made.calls[static_cast<std::size_t>(call)]);
    }
  }
  return Allocate(std::move(made));
}

// What it calls runs on arrays, in either library, within its own name scope.
Status Session::BuildOwn(int id, const Shape& shape) {
  const std::vector<int> children = object(id).children;
  const bool symbolic = std::exchange(symbolic_, false);
  auto out =
      CallChain(children, object(id).calls, shape, Scoped(object(id).parent, object(id).name));
  symbolic_ = symbolic;
  if (!out) return std::unexpected(std::move(out).error());
  if (keras3()) AutoName("keras_tensor");  // of the call that builds it
  object(id).input_shape = shape;
  object(id).output_shape = *std::move(out);
  object(id).built = true;
  return {};
}

bool Session::HoldsOwnClass(int id) {
  if (IsOwnKind(object(id).kind)) return true;
  return std::ranges::any_of(object(id).children, [&](int child) { return HoldsOwnClass(child); });
}

}  // namespace weightproof
