// The built-in library taken apart, so that a fault can sit between its pieces.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/testee/builtin.h"
#include "harness/testee/faults/faults.h"
#include "model/checkpoint/hdf5.h"

namespace weightproof {

using Values = std::vector<std::optional<Tensor>>;  // by variable in walk order

// Where a fault can sit. Every hook may be empty.
struct Hooks {
  // Load, in this order.
  std::function<std::string(const std::string& path)> load_path;
  std::function<void(std::string& bytes, const std::string& path)> bytes_read;
  Hdf5Limits limits;              // what the reader lets pass
  bool damage_swallowed = false;  // a file that cannot be read is a load that sets nothing
  std::function<void(Group& tree)> tree_read;
  // A refusal by the strict matcher may become something else.
  std::function<Result<Assignment>(Error error, const Network& network, const Group& tree,
                                   const LoadOptions& options)>
      refused;
  std::function<Status(const Network& network, const Group& tree)> refuse_more;
  std::function<void(Values& values, const Network& network, const Group& tree)> values_matched;
  std::function<void(LoadReport& report, const Network& network)> reported;
  // After a refusal: the network as the fault leaves it.
  std::function<void(Network& network, const Group& tree)> after_refusal;
  std::function<void(Error& error)> error_said;
  // Predict: what differs once values came from a file.
  std::function<void(Network& network, const Network& before_load)> predict_loaded;
  bool predict_after_refusal = false;
  // Save, in this order.
  std::function<std::string(const std::string& path)> save_path;
  std::function<void(Group& tree, const Network& network)> tree_encoded;
  std::function<Status(const std::string& path, std::span<const std::byte> bytes)> write;
  // Hostile damage that its space lists, in words of CASE.md.
  std::vector<std::string> hostile;
  // Requests as they come in.
  std::function<void(LoadRequest& request)> load_asked;
  std::function<void(SaveRequest& request)> save_asked;
};

class FaultyTestee final : public BuiltinTestee {
 public:
  FaultyTestee(std::string name, Hooks hooks);
  const Description& Describe() const override { return told_; }
  Answer Save(const SaveRequest& request) override;
  Answer Load(const LoadRequest& request) override;

 protected:
  Status SaveNetwork(const Network& network, const std::string& path, Format format,
                     const SaveOptions& options) override;
  Result<LoadReport> LoadNetwork(Network& network, const std::string& path,
                                 const LoadOptions& options) override;
  Result<LoadedModel> LoadWholeModel(const std::string& path, const LoadOptions& options) override;
  Result<Tensor> Predict(const Network& network, const Tensor& inputs, bool loaded) override;

 private:
  Result<LoadReport> LoadByPieces(Network& network, const std::string& path,
                                  const LoadOptions& options, Group* tree);

  Hooks hooks_;
  Description told_;
  std::unique_ptr<Network> before_load_;
  bool refused_ = false;
};

struct Fault {
  FaultInfo info;
  Hooks (*hooks)();
};

// One list a file, by what goes wrong.
std::span<const Fault> PairingFaults();
std::span<const Fault> ValueFaults();
std::span<const Fault> SilenceFaults();
std::span<const Fault> ReportFaults();
std::span<const Fault> PathFaults();
std::span<const Fault> SavingFaults();
std::span<const Fault> SessionFaults();
std::span<const Fault> DamageFaults();
std::span<const Fault> HomeFaults();

// ---- Shared by the lists ----

inline constexpr std::string_view kRoundTrips = "round-trips";  // the clause of most

// Takes the strict matcher's refusal of one of these kinds for no reason to stop: the values that a
// lenient reading of the tree gives, and a report that says nothing.
Hooks Ignoring(std::initializer_list<ErrorKind> kinds);
// Behaves as if `option` had been asked for where that makes a difference, and says nothing of it.
Hooks Allowing(ErrorKind kind, bool LoadOptions::* option);
// Edits the values of variables of one role.
Hooks EditingRole(std::string_view role, void (*edit)(Tensor& value));
// Edits every element of every variable.
Hooks EditingElements(float (*edit)(float value));
// The library's own matcher for whatever format the tree is.
Result<Assignment> Match(const Network& network, const Group& tree, const LoadOptions& options,
                         const std::string& place);
// A lenient reading: what fits is taken by place, the rest keeps its value.
Assignment LenientMatch(const Network& network, const Group& tree, const LoadOptions& options);

}  // namespace weightproof
