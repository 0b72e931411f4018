// What the matchers of all formats share: the model as they walk it, names, taking a tensor for a
// variable, and the account of everything.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "model/checkpoint/checkpoint.h"

namespace weightproof {

// A layer that owns variables, with the walk index of its first one.
struct LeafRange {
  const ObjectPlan* object = nullptr;
  int first = 0;

  int end() const { return first + static_cast<int>(object->variables.size()); }
};

// One of model.layers.
struct TopLayer {
  const ObjectPlan* object = nullptr;
  std::vector<LeafRange> leaves;  // in walk order
  std::vector<int> order;         // variables as legacy H5 orders them
  std::vector<int> leaf_of;       // for each of `order` an index into `leaves`
};

struct WalkedModel {
  std::vector<const VariablePlan*> variables;  // walk order
  std::vector<TopLayer> layers;
};

WalkedModel WalkModel(const ModelPlan& plan);

// Whether as many tensors were given as the model has variables, each of its shape.
Status CheckVariableCount(const WalkedModel& model, std::span<const Tensor> variables);

// The tensor as a contiguous dataset's value.
StoredArray Stored(const Tensor& tensor);

bool ValidUtf8(std::string_view text);

// Parts of "dense_12": class Dense, counter 12; "dense" has counter 0.
struct AutomaticName {
  std::string class_name;  // empty: a name given by a person
  long counter = 0;
};
AutomaticName ParseAutomaticName(std::string_view name);

// Names of the design's contract: which names were given in the model, which names the file knows.
class NameJudge {
 public:
  explicit NameJudge(const ModelPlan& plan);

  bool HasGivenNames() const { return !given_.empty(); }
  // Only names that the judge is told can stand elsewhere in the file.
  void AddFileName(std::string_view name) { file_names_.push_back(name); }

  // `file_name` stands in the file where `object` stands in the model. ClassMismatch,
  // GivenNameElsewhere; a rename is noted. `path` is the place in the file.
  Status Judge(std::string_view file_name, const ObjectPlan& object, const std::string& path,
               LoadReport& report) const;

  // A rename of the model itself, whose class the names of no format bind.
  void JudgeRoot(std::string_view file_name, const ObjectPlan& model, LoadReport& report) const;

  // The object that a person gave this name, or nullptr.
  const ObjectPlan* Given(std::string_view name) const;

 private:
  struct GivenName {
    std::string_view name;
    const ObjectPlan* object;
  };
  void Collect(const ObjectPlan& object);

  std::vector<GivenName> given_;  // ascending by name
  std::vector<std::string_view> file_names_;
};

// Collects what goes where, and accounts for the rest.
class Ledger {
 public:
  Ledger(const WalkedModel& model, const LoadOptions& options, std::string place);

  const WalkedModel& model() const { return *model_; }
  const LoadOptions& options() const { return options_; }
  LoadReport& report() { return result_.report; }
  std::string PlaceOf(std::string_view path) const;  // "FILE: path"

  bool ShapeFits(int index, const Dataset& dataset) const;
  // Puts the dataset into variable `index`. REQUIRES: ShapeFits. Errors: DtypeMismatch, Narrowing,
  // DuplicateName when a dataset is taken twice.
  Status Take(int index, const Dataset& dataset, const std::string& path);
  std::unexpected<Error> ShapeError(int index, const Dataset& dataset, const std::string& path,
                                    bool skip_helps) const;

  // A dataset is known and its loss is noted elsewhere (skips).
  void Skip(const Dataset& dataset) { skipped_.insert(&dataset); }
  void AddNote(NoteKind kind, std::string subject, std::string text);

  // Lists every tensor of the tree that nothing took. `role_of` tells a path's role.
  // UnusedTensor unless all are of roles that are no difference, skipped, or `partial`.
  Status AccountForTensors(const Group& root, TensorRole (*role_of)(std::string_view path));

  Assignment Finish();

 private:
  Status AccountGroup(const Group& group, std::string& path,
                      TensorRole (*role_of)(std::string_view path));

  const WalkedModel* model_;
  LoadOptions options_;
  std::string place_;
  Assignment result_;
  std::unordered_set<const Dataset*> used_;
  std::unordered_set<const Dataset*> skipped_;
};

// A layer that computes and has no variables, as far as each side tells.
struct SilentLayer {
  std::string class_name;  // empty: the file does not tell
  std::string name;
  bool optional = false;  // may do nothing in inference
};

// Whether the object has no variables and changes predictions all the same.
bool IsSilent(const ObjectPlan& object);
// What a weightless entry called `name` in the file is; nullopt for no-ops and inputs.
std::optional<SilentLayer> SilentInFile(std::string_view name);
// The first difference between the two lists in order, as a note's subject and text.
std::optional<Note> CompareSilent(std::span<const SilentLayer> file,
                                  std::span<const SilentLayer> model);

}  // namespace weightproof
