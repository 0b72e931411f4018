// A system under test: something that saves and loads weights. Requests are self-contained: each
// builds its model anew, so a testee has no state but what it hides.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/case/case.h"
#include "harness/case/generate.h"
#include "model/spec/plan.h"
#include "model/tensor.h"

namespace weightproof {

struct Documentation;

// Values by variable id.
struct NamedTensor {
  std::string id;
  Tensor tensor;
};

enum class Outcome : std::uint8_t {
  kOk,
  kRefused,
  kUnsupported,
  kWorkerError,  // what a testee answers
  kCrashed,
  kTimedOut,
  kOutOfMemory,  // what the harness sees
};
std::string_view OutcomeName(Outcome outcome);

// A program to play; `before` are programs that the same session played earlier (so that automatic
// names go on counting).
struct Program {
  const ArchitectureSpec* architecture = nullptr;
  const Build* build = nullptr;
};

struct BuildRequest {
  Program program;
  std::vector<Program> before;
  SessionSpec session;
  std::string directory;  // the case's own folder, absolute
  // What the harness's own interpretation of the program gives. A testee in this process may take
  // it instead of interpreting again; others never see it.
  const ModelPlan* plan = nullptr;
  // A model that an earlier such request made of the same program may play this one too.
  bool reuse = false;
};

struct SaveRequest {
  BuildRequest build;
  const std::vector<NamedTensor>* weights = nullptr;  // assigned by id before anything else
  RouteFormat format = RouteFormat::kLegacyH5;
  Dialect dialect = Dialect::kKeras3;
  std::string path;  // as the testee is to see it
  bool overwrite = true;
  bool sharded = false;
  const Tensor* inputs = nullptr;
  const std::vector<Tensor>* more_inputs = nullptr;  // of a model with several inputs
};

struct LoadRequest {
  BuildRequest build;
  const std::vector<NamedTensor>* initial = nullptr;  // what the model holds before the load
  RouteFormat format = RouteFormat::kLegacyH5;
  LoadAs load_as = LoadAs::kWeights;
  bool by_name = false, skip_mismatch = false, partial = false;
  // Options of the built-in loader that a remedy may name.
  bool trust_auto_names = false, assume_order = false, allow_narrowing = false;
  std::string path;
  std::string
      resave_path;  // not empty: after an accepted load the model is saved there, same format
  const Tensor* inputs = nullptr;
  const std::vector<Tensor>* more_inputs = nullptr;  // of a model with several inputs
  bool is_control = false;  // one file, loaded to learn what is said where nothing is wrong
};

struct AssignRequest {
  BuildRequest build;
  const std::vector<NamedTensor>* weights = nullptr;
  const Tensor* inputs = nullptr;
  const std::vector<Tensor>* more_inputs = nullptr;  // of a model with several inputs
};

// What a load or save said, for clauses that ask whether something was reported: each naming the
// variable, layer or entry in the file that it is about.
struct ReportLine {
  std::string kind;     // "Renamed", "Unused", "warning", ...
  std::string subject;  // variable id, layer name, path in the file; "" when it names nothing
  std::string text;
};

// A testee that can say which tensor went where. Foreign ones cannot.
struct Account {
  std::vector<std::pair<std::string, std::string>> sources;  // variable id, path in the file or ""
  std::vector<std::pair<std::string, std::string>> unused;   // path in the file, role
};

// Of one request to a process that had been asked before.
struct Cost {
  std::size_t peak_bytes_more = 0;  // resident, above what it had before
  double seconds = 0;
};

// One arm of an experiment.
struct Answer {
  Outcome outcome = Outcome::kOk;
  std::string error_kind;  // refused: "ShapeMismatch", "ValueError"
  std::string error_place;
  std::string error_message;
  std::string error_remedy;
  std::vector<ReportLine> reports;
  std::vector<NamedTensor> variables;         // after the operation, in the testee's own order
  std::vector<NamedTensor> variables_before;  // load: as the model stood before the load
  Tensor prediction;                          // after; empty size when there is none
  Tensor prediction_before;                   // load: before the load
  std::optional<Account> account;
  std::optional<Outcome> resave;  // load with resave_path
  std::string resave_message;
  // What a real loader's model is like beside its weights, in texts that are compared, by aspect
  // (PROTOCOL.md): "trainable", "compiled", "optimizer", "own_state" ...
  std::map<std::string, std::string, std::less<>> state;
  bool repeatable = true;  // two predictions with the same weights agreed bit for bit
  // Load: what of the whole process may not change, as texts by aspect (PROTOCOL.md).
  std::map<std::string, std::string, std::less<>> process_before, process_after;
  // Load by a worker: what the request cost, seen from outside.
  std::optional<Cost> cost;
};

struct Description {
  std::string name;     // "builtin", "keras"
  std::string version;  // "3.15.1"
  std::string backend;
  Space space;                            // what it supports
  std::vector<std::string> reads;         // formats that it loads though it does not save them
  std::vector<std::string> dtypes;        // of variables; empty: float32 alone
  std::vector<std::string> promises;      // in words of PROTOCOL.md: "pairs-by-position", ...
  std::vector<std::string> load_options;  // "assume_order", ...: those of LoadRequest it knows
  bool makes_reports = false;             // Account and structured reports are complete
  bool errors_help_is_clause = false;
  bool reuses_models = false;  // knows BuildRequest::reuse
  // What this version's own documentation says; null where no table of this version is there.
  std::shared_ptr<const Documentation> documentation;
};

class Testee {
 public:
  virtual ~Testee() = default;
  virtual const Description& Describe() const = 0;
  virtual Answer Save(const SaveRequest& request) = 0;
  virtual Answer Load(const LoadRequest& request) = 0;
  virtual Answer Assign(const AssignRequest& request) = 0;
};

// "builtin", "builtin-worker", "fault:NAME", "canary", "keras", "tf_keras", "worker:COMMAND".
// Errors: unknown name.
Result<std::unique_ptr<Testee>> MakeTestee(std::string_view name);

}  // namespace weightproof
