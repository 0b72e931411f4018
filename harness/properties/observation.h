// What happened when a case ran: everything that clauses look at.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "harness/case/case.h"
#include "harness/oracle/agreement.h"
#include "harness/oracle/promises.h"
#include "harness/oracle/truth.h"
#include "harness/testee/testee.h"
#include "model/checkpoint/tree.h"
#include "model/spec/plan.h"

namespace weightproof {

// What a watch over the bait saw while a hostile file was loaded.
struct HomeWatch {
  std::vector<std::string> opened;   // names of bait files
  std::vector<std::string> written;  // files that were not there
  bool ran = false;                  // the bait's code
};

struct Observation {
  const Case* c = nullptr;
  const Description* writer = nullptr;
  const Description* reader = nullptr;
  ModelPlan writer_plan;
  ModelPlan reader_plan;
  std::vector<NamedTensor> saved;  // what the writer's model was given
  // The same in the dtypes of the reader's library, where it has others (a Normalization's count is
  // int64 in tf_keras, int32 in Keras 3), and with what the format merges. Empty: they are the
  // same.
  std::vector<NamedTensor> saved_as_read;
  std::vector<NamedTensor> initial;  // what the reader's model held before

  bool two_libraries = false;    // writer and reader are not the same library and version
  bool same_model = false;       // equal normal forms, dialects aside
  bool content_damaged = false;  // damage that changes what the file says
  bool given = false;            // the file came from elsewhere: nobody saved it
  bool save_must_fail = false;   // the path cannot be written by anyone
  Promise promise = Promise::kDepends;
  bool names_may_refuse = false;  // DESIGN's rules on names and order leave both outcomes open

  // Damage to bytes: why the strict reader refuses the file; `tree` is then the one from before,
  // or, of a given file, absent. "" where it reads it.
  std::string file_refused;
  bool other_config = false;  // the file's own config is another, and the model is made from it

  bool saved_unreadable = false;  // what the save left is no HDF5 file that can be read
  bool saved_elsewhere = false;   // the save was accepted, but nothing is at its path
  Answer save;
  Answer load;     // L
  Answer control;  // C: the reader's build given what the file says, by id
  // Two libraries, same model, same values: W against C. Absent where that was not asked.
  std::optional<PredictionAgreement> agreement;
  std::optional<Truth> truth;       // decoded from the file; absent where `saved` is the truth
  std::optional<Group> tree;        // of the file as it was loaded
  bool could_have_written = false;  // undetectable (only asked after a wrong, silent load)

  std::size_t file_bytes = 0;     // of the file as it was loaded
  std::optional<HomeWatch> home;  // of a hostile file: what the load touched beside it

  std::string save_path;  // as the testee saw it
  std::string load_path;

  // Extra arms; absent when the case gives no reason for them.
  std::optional<Answer> clean_load;  // the same without damage and difference: what is said anyway
  std::optional<Answer> plain_path_save;  // the same content at a plain path
  std::optional<Answer> plain_path_load;
  std::optional<Answer> other_session_load;  // the same program in a plain session
  std::optional<Answer> load_again;          // load_twice: the second load
  std::optional<Answer> save_again;
  std::optional<Answer> uncompiled_load;  // of a refused whole model: that model never compiled
  std::optional<std::string> saved_twice_difference;  // "" when equal; trees, or bytes for ours
  std::optional<std::string> resaved_difference;
  std::optional<Answer> remedied_load;  // a refusal's remedy applied
  std::string remedy_option;
};

// The truth for a variable: from the decoded file, else what was saved. nullptr: keeps `initial`.
const Tensor* TrueValue(const Observation& o, std::string_view id);
const std::vector<NamedTensor>& SavedAsRead(const Observation& o);
const Tensor* FindTensor(const std::vector<NamedTensor>& tensors, std::string_view id);

// Bit for bit, where NaNs of any payload are alike in predictions but not in variables.
bool SamePrediction(const Tensor& a, const Tensor& b);

// Ids of variables whose value after the load is not the truth, in walk order.
std::vector<std::string> WrongVariables(const Observation& o, const Answer& load);

// Whether a load's reports say something about `subjects` that the clean load did not say.
bool Reported(const Observation& o, const std::vector<std::string>& subjects);

// Whether a load's reports name any layer of either model, and the clean load did not say so.
bool SpokeOfLayers(const Observation& o);

}  // namespace weightproof
