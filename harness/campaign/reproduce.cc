#include "harness/campaign/reproduce.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "harness/campaign/forked.h"
#include "harness/campaign/python_script.h"

namespace weightproof {
namespace {

constexpr std::size_t kTextBytesMax = 2000;

// In the forked child: becomes the interpreter.
void BecomePython(const std::string& interpreter, const std::string& folder, int fd) {
  setenv("TMPDIR", folder.c_str(), 1);
  setenv("CUDA_VISIBLE_DEVICES", "", 1);
  setenv("TF_CPP_MIN_LOG_LEVEL", "3", 1);
  setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
  const std::string script = folder + "/reproduce.py";
  if (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0) _exit(127);
  if (std::freopen("/dev/null", "r", stdin) == nullptr) _exit(127);
  execlp(interpreter.c_str(), interpreter.c_str(), script.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

// Where a script says how it went; before it stands what libraries print when they start.
std::string LastLines(std::string_view text, int lines) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.empty()) return "";
  std::size_t begin = text.size();
  while (lines-- > 0 && begin > 0 && begin != std::string_view::npos) {
    begin = text.rfind('\n', begin - 1);
  }
  return std::string(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

}  // namespace

ScriptRun RunPythonScript(const std::string& interpreter, const std::string& script,
                          double seconds_max) {
  ScriptRun run;
  const Scratch folder;
  std::ofstream(folder.path() + "/reproduce.py") << script;
  const ForkedEnd end = RunForked([&](int fd) { BecomePython(interpreter, folder.path(), fd); },
                                  [&](std::string_view line) {
                                    run.text += line;
                                    run.text += '\n';
                                    if (run.text.size() > kTextBytesMax) {
                                      run.text.erase(0, run.text.size() - kTextBytesMax);
                                    }
                                    return true;
                                  },
                                  seconds_max, seconds_max);
  run.ended = end.started && !end.timed_out && !end.interrupted;
  run.exit_code = end.exit_code;
  run.signal = end.signal;
  return run;
}

std::string ScriptOf(const Finding& finding, std::string_view backend) {
  const std::optional<ScriptAim> aim = AimOf(finding.clause, finding.verdict);
  std::string script = aim ? PythonScript(finding.the_case, *aim, finding.verdict.cause) : "";
  constexpr std::string_view kUsual = "\"KERAS_BACKEND\", \"numpy\"";
  const std::size_t at = script.find(kUsual);
  if (at != std::string::npos && !backend.empty()) {
    script.replace(at, kUsual.size(), fmt::format("\"KERAS_BACKEND\", \"{}\"", backend));
  }
  return script;
}

void Reproduce(const Engine& engine, Finding& finding) {
  finding.reproduced = false;
  const std::string script = ScriptOf(finding, engine.testee_backend);
  if (script.empty()) {
    finding.reproduction = "a plain script does not play what this clause asks";
    return;
  }
  const ScriptRun run = engine.run_script(script);
  const bool crash = finding.verdict.severity == Severity::kCrash;
  if (!run.ended) {
    finding.reproduction = "the script did not end";
  } else if (run.signal != 0) {
    finding.reproduced = crash;
    finding.reproduction = fmt::format("the script was ended by signal {}", run.signal);
  } else if (run.text.contains("Traceback (most recent call last)")) {
    finding.reproduction = "the script raised: " + LastLines(run.text, 1);
  } else {
    finding.reproduced = !crash && run.exit_code == 1;
    finding.reproduction =
        fmt::format("the script exited with status {}: {}", run.exit_code, LastLines(run.text, 1));
  }
}

}  // namespace weightproof
