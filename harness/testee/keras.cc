#include "harness/testee/keras.h"

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "harness/testee/documentation.h"
#include "harness/testee/worker_testee.h"

namespace weightproof {
namespace {

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string WorkersFolder() {
  const std::string folder = FromEnvironment("WEIGHTPROOF_WORKERS");
  return folder.empty() ? WEIGHTPROOF_SOURCE_DIR "/harness/workers" : folder;
}

// `table`: of documented sentences; "": the worker's library has none.
Result<std::unique_ptr<Testee>> Start(std::vector<std::string> argv, Environment environment,
                                      const std::string& table) {
  Result<std::unique_ptr<WorkerTestee>> worker =
      WorkerTestee::Create(std::move(argv), std::move(environment));
  if (!worker) return std::unexpected(worker.error());
  if (!table.empty()) {
    Result<Documentation> documentation = ReadDocumentation(table);
    if (!documentation) return std::unexpected(documentation.error());
    (*worker)->Document(std::make_shared<const Documentation>(*std::move(documentation)));
  }
  return std::unique_ptr<Testee>(*std::move(worker));
}

}  // namespace

Result<std::unique_ptr<Testee>> MakeWorker(std::string_view name) {
  constexpr std::string_view kCommand = "worker:";
  if (name.starts_with(kCommand)) {
    std::istringstream words{std::string(name.substr(kCommand.size()))};
    std::vector<std::string> argv;
    for (std::string word; words >> word;) argv.push_back(word);
    if (argv.empty()) {
      return Fail(ErrorKind::kBadConfig, std::string(name),
                  "no command after worker:", "write worker:COMMAND");
    }
    return Start(std::move(argv), {}, "");
  }
  const char* variable =
      name == "keras" ? "WEIGHTPROOF_KERAS_PYTHON" : "WEIGHTPROOF_TF_KERAS_PYTHON";
  const std::string python = FromEnvironment(variable);
  if (python.empty()) {
    return Fail(ErrorKind::kBadConfig, std::string(name),
                std::string(variable) + " does not name a Python that has the library",
                "run scripts/check --testee " + std::string(name) + ", which makes one");
  }
  Environment environment{{"TF_CPP_MIN_LOG_LEVEL", "3"}, {"CUDA_VISIBLE_DEVICES", ""}};
  if (name == "keras" && FromEnvironment("KERAS_BACKEND").empty()) {
    environment.push_back({"KERAS_BACKEND", "numpy"});
  }
  return Start({python, WorkersFolder() + "/keras_worker.py", "--library", std::string(name)},
               std::move(environment),
               WorkersFolder() + "/promises_" + std::string(name) + ".json");
}

}  // namespace weightproof
