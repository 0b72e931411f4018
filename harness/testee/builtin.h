// The built-in model library as a testee, in this process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "harness/testee/testee.h"
#include "model/checkpoint/checkpoint.h"

namespace weightproof {

// Where what asks for a fresh session runs.
enum class FreshSession : std::uint8_t {
  kChildProcess,
  kHere,  // for a fuzzer: forking costs it most of its time, and it sees nothing of the child
};

// The protected methods are the library's own calls. A planted fault replaces one of them.
class BuiltinTestee : public Testee {
 public:
  explicit BuiltinTestee(std::string name = "builtin",
                         FreshSession fresh = FreshSession::kChildProcess);

  const Description& Describe() const override { return description_; }
  Answer Save(const SaveRequest& request) override;
  Answer Load(const LoadRequest& request) override;
  Answer Assign(const AssignRequest& request) override;

 protected:
  virtual Status SaveNetwork(const Network& network, const std::string& path, Format format,
                             const SaveOptions& options);
  virtual Result<LoadReport> LoadNetwork(Network& network, const std::string& path,
                                         const LoadOptions& options);
  virtual Result<LoadedModel> LoadWholeModel(const std::string& path, const LoadOptions& options);
  // `loaded`: the network has just taken its values from a file.
  virtual Result<Tensor> Predict(const Network& network, const Tensor& inputs, bool loaded);
  // Before the answer of a load leaves: what the library said.
  virtual void Report(Answer& answer, const LoadRequest& request);

 private:
  Answer SaveHere(const SaveRequest& request);
  Answer LoadHere(const LoadRequest& request);
  Answer AssignHere(const AssignRequest& request);
  Answer LoadModelHere(const LoadRequest& request, const LoadOptions& options);
  Result<Network> Make(const BuildRequest& request);
  // In the session that the request asks for.
  Answer InSession(const SessionSpec& session, const std::function<Answer()>& work) const;

  Description description_;
  FreshSession fresh_;
};

// Plays the programs of a session: the plan of the last one.
Result<ModelPlan> PlayPrograms(const BuildRequest& request);

// Values by id into the network. InvalidBuild for an id it does not have or a shape that differs.
Status SetVariables(Network& network, const std::vector<NamedTensor>& values);
std::vector<NamedTensor> GetVariables(const Network& network);

// Runs `work` in a child process and brings its answer back; kCrashed when the child dies.
Answer InChildProcess(const std::function<Answer()>& work);

}  // namespace weightproof
