#include "harness/testee/keras.h"

#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "harness/testee/documentation.h"
#include "harness/testee/loader_name.h"
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

// Of the tables that are there, the one that quotes the version at work; none: nothing is known.
Status Document(WorkerTestee& worker, const std::vector<std::string>& tables) {
  for (const std::string& table : tables) {
    Result<Documentation> documentation = ReadDocumentation(table);
    if (!documentation) return std::unexpected(documentation.error());
    worker.Document(std::make_shared<const Documentation>(*std::move(documentation)));
    if (worker.Describe().documentation != nullptr) break;
  }
  return {};
}

Result<std::unique_ptr<Testee>> StartCommand(std::string_view command) {
  std::istringstream words{std::string(command)};
  std::vector<std::string> argv;
  for (std::string word; words >> word;) argv.push_back(word);
  if (argv.empty()) {
    return Fail(ErrorKind::kBadConfig,
                "worker:", "no command after worker:", "write worker:COMMAND");
  }
  Result<std::unique_ptr<WorkerTestee>> worker = WorkerTestee::Create(std::move(argv), {});
  if (!worker) return std::unexpected(worker.error());
  return std::unique_ptr<Testee>(*std::move(worker));
}

std::vector<std::string> CommandOf(const LoaderName& name, const std::string& python) {
  if (name.library == "tfjs") {
    return {"node", WorkersFolder() + "/tfjs_worker.js", "--environment", EnvironmentOf(name)};
  }
  return {python, WorkersFolder() + "/keras_worker.py", "--library", name.library};
}

Environment EnvironmentFor(const LoaderName& name) {
  Environment environment{{"TF_CPP_MIN_LOG_LEVEL", "3"}, {"CUDA_VISIBLE_DEVICES", ""}};
  if (const std::string backend = BackendOf(name); !backend.empty()) {
    environment.emplace_back("KERAS_BACKEND", backend);
  }
  return environment;
}

// The table of the workers' folder is of one version; that of an environment was made of it by
// looking every sentence up in the version installed there.
std::vector<std::string> TablesOf(const LoaderName& name) {
  if (name.library == "tfjs") return {};
  std::vector<std::string> tables{WorkersFolder() + "/promises_" + name.library + ".json"};
  const std::string derived = EnvironmentOf(name) + "/promises.json";
  if (access(derived.c_str(), R_OK) == 0) tables.push_back(derived);
  return tables;
}

Result<std::unique_ptr<Testee>> StartLoader(const LoaderName& name) {
  const Result<std::string> python = InterpreterOf(name);
  if (!python) return std::unexpected(python.error());
  Result<std::unique_ptr<WorkerTestee>> worker =
      WorkerTestee::Create(CommandOf(name, *python), EnvironmentFor(name));
  if (!worker) return std::unexpected(worker.error());
  const Description& found = (*worker)->Describe();
  if (!name.version.empty() && found.version != name.version) {
    return Fail(ErrorKind::kBadConfig, name.Text(),
                *python + " has " + found.name + " " + found.version,
                "remove that environment and run scripts/venv " + name.Text());
  }
  if (const Status ok = Document(**worker, TablesOf(name)); !ok) {
    return std::unexpected(ok.error());
  }
  return std::unique_ptr<Testee>(*std::move(worker));
}

}  // namespace

Result<std::unique_ptr<Testee>> MakeWorker(std::string_view name) {
  constexpr std::string_view kCommand = "worker:";
  if (name.starts_with(kCommand)) return StartCommand(name.substr(kCommand.size()));
  const Result<LoaderName> loader = ParseLoaderName(name);
  if (!loader) return std::unexpected(loader.error());
  return StartLoader(*loader);
}

}  // namespace weightproof
