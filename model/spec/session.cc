#include "model/spec/session.h"

#include <algorithm>
#include <utility>

#include "model/spec/wrapper.h"

namespace weightproof {
namespace {

std::vector<int> Upwards(std::size_t count) {
  std::vector<int> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<int>(i);
  return out;
}

}  // namespace

Session::Session(Dialect dialect, NameCounters counters)
    : dialect_(dialect), counters_(std::move(counters)) {
  arena_.reserve(16);
}

// Zero-based: "dense", "dense_1" (keras/src/utils/naming.py, tf_keras/src/backend.py).
std::string Session::AutoName(std::string_view prefix) {
  auto it = counters_.find(prefix);
  if (it == counters_.end()) it = counters_.emplace(std::string(prefix), 0).first;
  const int given_out = it->second++;
  std::string name(prefix);
  if (given_out > 0) name += "_" + std::to_string(given_out);
  return name;
}

// tf-keras counts the names of Input() from one, apart from all others.
std::string Session::AutoInputName() {
  if (keras3()) return AutoName("input_layer");
  return "input_" + std::to_string(++counters_["input"]);
}

int Session::Allocate(Object object) {
  arena_.push_back(std::move(object));
  return static_cast<int>(arena_.size()) - 1;
}

void Session::MakeStray(std::string_view class_name) {
  AutoName(FindLayerSchema(class_name)->snake_name);
  // The smallest wrappers hold something, which is made first and takes a name as well.
  if (class_name == "Bidirectional") AutoName("lstm");
  if (class_name == "TimeDistributed") AutoName("dense");
  if (class_name == "RNN") {
    AutoName("lstm_cell");
    AutoName("stacked_rnn_cells");
  }
}

Result<int> Session::NewLayer(const Slot& slot) {
  if (slot.schema->is_wrapper) return NewWrapper(slot);
  if (slot.spec != nullptr) {
    // A nested Sequential of the architecture itself, as a model file describes it.
    std::vector<int> children;
    for (const LayerSpec& spec : slot.spec->layers) {
      auto config = CompleteConfig(spec.class_name, spec.config, dialect_, spec.name);
      if (!config) return std::unexpected(std::move(config).error());
      Slot inner;
      inner.schema = FindLayerSchema(spec.class_name);
      if (!spec.layers.empty() || spec.class_name == "Sequential") inner.spec = &spec;
      inner.config = *std::move(config);
      inner.name = spec.name;
      inner.name_given = !spec.name.empty() && AutomaticNameClass(spec.name) != spec.class_name;
      inner.trainable = spec.trainable;
      auto child = NewLayer(inner);
      if (!child) return child;
      children.push_back(*child);
    }
    const std::optional<Shape>& input = slot.spec->input_shape;
    auto id = NewSequential(slot.name, slot.trainable, children, input ? &*input : nullptr);
    if (!id) return id;
    object(*id).name_given = slot.name_given;
    object(*id).layer = slot.layer;
    return id;
  }
  Object made;
  made.schema = slot.schema;
  made.name = slot.name.empty() ? AutoName(slot.schema->snake_name) : slot.name;
  made.name_given = slot.name_given;
  made.trainable = slot.trainable;
  made.config = slot.config;
  made.layer = slot.layer;
  return Allocate(std::move(made));
}

int Session::EmptySequential(const std::string& name, bool given) {
  Object made;
  made.kind = ObjectKind::kSequential;
  made.name = name.empty() ? AutoName("sequential") : name;
  made.name_given = given && !name.empty();
  return Allocate(std::move(made));
}

void Session::GiveInput(int sequential) {
  std::string name = AutoInputName();
  std::string tensor = keras3() ? AutoName("keras_tensor") : std::string();
  Object& o = object(sequential);
  o.has_input = true;
  o.input_name = std::move(name);
  o.input_tensor = std::move(tensor);
}

Result<int> Session::NewSequential(const std::string& name, bool trainable,
                                   const std::vector<int>& children, const Shape* input) {
  // Input() is called before Sequential(): it takes its name first.
  std::string input_name = input != nullptr ? AutoInputName() : std::string();
  std::string tensor = input != nullptr && keras3() ? AutoName("keras_tensor") : std::string();
  const int id = EmptySequential(name, true);
  Object& made = object(id);
  made.has_input = input != nullptr;
  made.own_input = made.has_input;
  made.input_name = std::move(input_name);
  made.input_tensor = std::move(tensor);
  if (input != nullptr) made.input_shape = *input;
  for (int child : children) {
    if (Status s = Append(id, child); !s) return std::unexpected(s.error());
  }
  if (!keras3()) {
    if (Status s = CheckEmbeddingFirst(id); !s) return std::unexpected(s.error());
  }
  if (Status s = RebuildIfPossible(id); !s) return std::unexpected(s.error());
  if (!trainable) {
    // Keras 3 hands the flag to the container alone; tf-keras has no such argument, so the flag
    // is set on the finished object.
    if (keras3()) {
      object(id).trainable = false;
    } else {
      SetTrainable(id, false);
    }
  }
  return id;
}

Result<int> Session::NewSequentialByAdd(const std::string& name, bool trainable,
                                        const std::vector<int>& children, const Shape* input) {
  const int id = EmptySequential(name, true);
  object(id).trainable = trainable;
  if (input != nullptr) {
    GiveInput(id);
    object(id).own_input = true;
    object(id).input_shape = *input;
  }
  for (int child : children) {
    if (Status s = Add(id, child); !s) return std::unexpected(s.error());
  }
  if (!keras3()) {
    if (Status s = CheckEmbeddingFirst(id); !s) return std::unexpected(s.error());
  }
  return id;
}

Result<int> Session::NewFunctional(const std::string& name, bool trainable,
                                   const std::vector<int>& children, const Shape& input) {
  Object made;
  made.kind = ObjectKind::kFunctional;
  made.input_name = AutoInputName();
  if (keras3()) made.input_tensor = AutoName("keras_tensor");
  made.has_input = true;
  made.built = true;
  made.trainable = trainable;
  made.children = children;
  made.calls = Upwards(children.size());
  made.input_shape = input;
  auto out = CallChain(made.children, made.calls, input, "");
  if (!out) return std::unexpected(std::move(out).error());
  made.output_shape = *std::move(out);
  made.name_given = !name.empty();
  made.name = name.empty() ? AutoName(keras3() ? "functional" : "model") : name;
  const int id = Allocate(std::move(made));
  if (Status s = CheckUniqueNames(id); !s) return std::unexpected(s.error());
  return id;
}

Status Session::Append(int sequential, int child) {
  Object& o = object(sequential);
  const std::string& name = object(child).name;
  const bool taken =
      (o.has_input && o.input_name == name) ||
      std::ranges::any_of(o.children, [&](int other) { return object(other).name == name; });
  if (taken) {
    return BadBuild("assemble", "two layers named \"" + name + "\" in one Sequential",
                    "give one of them another name");
  }
  o.children.push_back(child);
  o.calls.push_back(static_cast<int>(o.calls.size()));
  if (keras3() || o.has_input || o.children.size() > 1) return {};
  // tf_keras: Sequential.add takes the Input of a functional model that comes first for its own.
  if (const Shape* input = LeadingInput(child)) {
    o.input_shape = *input;
    o.has_input = true;
    o.input_name = object(child).name + "_input";
  }
  return {};
}

const Shape* Session::LeadingInput(int id) {
  const Object& o = object(id);
  if (o.kind == ObjectKind::kFunctional) return &o.input_shape;
  if (o.kind != ObjectKind::kSequential || o.children.empty()) return nullptr;
  return LeadingInput(o.children.front());
}

Status Session::Add(int sequential, int child) {
  if (Status s = Append(sequential, child); !s) return s;
  return RebuildIfPossible(sequential);
}

// Sequential._maybe_rebuild of Keras 3; tf-keras builds as soon as it has an Input.
Status Session::RebuildIfPossible(int sequential) {
  const Object& o = object(sequential);
  if (o.children.empty()) return {};
  if (o.has_input) return BuildSequential(sequential, Shape(o.input_shape));
  if (!keras3() || o.children.size() < 2) return {};
  const Object& first = object(o.children.front());
  const bool known = first.kind == ObjectKind::kSequential || first.kind == ObjectKind::kFunctional;
  if (!known || !first.built) return {};
  return BuildSequential(sequential, Shape(first.input_shape));
}

Status Session::BuildSequential(int id, const Shape& shape) {
  if (object(id).children.empty()) {
    return BadBuild("nest", "a Sequential without layers", "leave it out");
  }
  EnterScope(id, "");
  if (!object(id).has_input) {
    if (keras3()) {
      GiveInput(id);
    } else {
      object(id).has_input = true;
      object(id).input_name = object(object(id).children.front()).name + "_input";
    }
  }
  if (Status s = CheckUniqueNames(id); !s) return s;
  const std::string scope = keras3() ? Scoped(object(id).parent, object(id).name) : std::string();
  const std::vector<int> children = object(id).children;
  const bool symbolic = std::exchange(symbolic_, true);
  auto out = CallChain(children, object(id).calls, shape, scope);
  symbolic_ = symbolic;
  if (!out) return std::unexpected(std::move(out).error());
  Object& o = object(id);
  o.input_shape = shape;
  o.output_shape = *std::move(out);
  o.built = true;
  if (keras3()) AutoName("functional");  // of the model inside
  return {};
}

// Keras 3 keeps the scope in which a layer was first entered (Layer._open_name_scope).
void Session::EnterScope(int id, const std::string& scope) {
  Object& o = object(id);
  if (o.scoped) return;
  o.scoped = true;
  o.parent = scope;
}

void Session::CastInputFor(int id) {
  const Object& o = object(id);
  const bool indices = o.schema != nullptr && o.schema->class_name == "Embedding";
  if (casts_ && keras3() && symbolic_ && !indices) AutoName("keras_tensor");
}

Result<Shape> Session::CallChain(const std::vector<int>& children, const std::vector<int>& calls,
                                 const Shape& input, const std::string& scope) {
  Shape shape = input;
  if (!calls.empty()) CastInputFor(children[static_cast<std::size_t>(calls.front())]);
  for (int index : calls) {
    auto out = Call(children[static_cast<std::size_t>(index)], shape, scope);
    if (!out) return out;
    shape = *std::move(out);
  }
  return shape;
}

Result<Shape> Session::Call(int id, const Shape& input, const std::string& scope) {
  EnterScope(id, scope);
  if (IsModelKind(object(id).kind)) {
    const bool own = IsOwnKind(object(id).kind);
    if (!object(id).built) {
      Status s = own ? BuildOwn(id, input) : BuildSequential(id, input);
      if (!s) return std::unexpected(s.error());
    } else if (object(id).input_shape != input) {
      return BadBuild("nest", "its Input has another shape than what reaches it",
                      "let the shapes agree");
    }
    if (keras3() && symbolic_) AutoName("keras_tensor");
    return object(id).output_shape;
  }
  if (keras3() && symbolic_) AutoName("keras_tensor");  // the output
  if (!object(id).built || object(id).input_shape != input) {
    if (Status s = BuildLayer(id, input); !s) return std::unexpected(s.error());
  }
  return object(id).output_shape;
}

Status Session::BuildLayer(int id, const Shape& input) {
  if (object(id).kind == ObjectKind::kWrapper) return BuildWrapper(id, input);
  Object& o = object(id);
  auto out = InferShape(o.schema->class_name, o.config, input, "layer " + o.name);
  if (!out) return std::unexpected(std::move(out).error());
  o.scope = Scoped(o.parent, o.name);
  o.built = true;
  o.input_shape = input;
  o.output_shape = *std::move(out);
  return {};
}

Status Session::BuildModel(int id, const Shape& shape) {
  if (!IsOwnKind(object(id).kind)) {
    if (object(id).built && object(id).input_shape != shape) {
      return BadBuild("assemble", "another input shape than the model has", "let them agree");
    }
    return BuildSequential(id, shape);
  }
  EnterScope(id, "");
  return BuildOwn(id, shape);
}

Result<Shape> Session::ShapeThrough(int id, const Shape& shape) {
  const Object& o = object(id);
  if (!IsModelKind(o.kind)) {
    LayerSpec spec;
    spec.class_name = o.schema->class_name;
    spec.config = o.config;
    spec.layers = o.held;
    return InferLayerShape(spec, shape, "layer " + o.name);
  }
  Shape out = shape;
  for (const int call : object(id).calls) {
    auto next = ShapeThrough(object(id).children[static_cast<std::size_t>(call)], out);
    if (!next) return next;
    out = *std::move(next);
  }
  return out;
}

Status Session::CheckUniqueNames(int container) {
  const Object& o = object(container);
  for (std::size_t i = 0; i < o.children.size(); ++i) {
    const std::string& name = object(o.children[i]).name;
    bool taken = o.has_input && o.input_name == name;
    for (const GraphInput& input : o.inputs) taken = taken || input.name == name;
    for (std::size_t j = 0; j < i && !taken; ++j) taken = object(o.children[j]).name == name;
    if (taken) {
      return BadBuild("assemble", "two layers named \"" + name + "\" in one model",
                      "give one of them another name");
    }
  }
  return {};
}

// tf-keras: an Embedding carries batch_input_shape (None, None), so a Sequential that begins with
// one has its Input at once, and what follows must live with the unknown length.
bool Session::BuildsItself(int id) {
  const Object& o = object(id);
  if (!IsModelKind(o.kind)) return o.schema->class_name == "Embedding";
  if (o.kind != ObjectKind::kSequential) return false;
  return !o.children.empty() && BuildsItself(o.children.front());
}

Status Session::CheckEmbeddingFirst(int id) {
  if (object(id).has_input || object(id).children.empty() || !BuildsItself(id)) return {};
  auto out = ShapeThrough(id, Shape{-1});
  if (!out) return std::unexpected(std::move(out).error());
  return {};
}

void Session::SetTrainable(int id, bool value) {
  object(id).trainable = value;
  object(id).input_trainable = value;
  object(id).lora_alone = false;
  const std::vector<int> children = object(id).children;
  for (int child : children) SetTrainable(child, value);
}

}  // namespace weightproof
