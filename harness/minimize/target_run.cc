#include "harness/minimize/target_run.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <utility>

#include "harness/testee/process.h"

namespace weightproof {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;
// Words of frames that belong to a runtime, a library or the way from a verdict to the abort.
constexpr std::array<std::string_view, 18> kNotOurs{
    "__asan", "__interceptor", "__sanitizer",  "__ubsan",      "compiler-rt",     "libc.so",
    "/usr/",  " std::",        "fuzzer::",     "operator new", "operator delete", "abort",
    "raise",  "gsignal",       "pthread_kill", "libfuzzer",    "__libc",          "::Require("};

// Numbers change from run to run: addresses, sizes, process ids.
std::string WithoutNumbers(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '0' && i + 1 < text.size() && text[i + 1] == 'x') {
      out += '#';
      for (++i; i + 1 < text.size() && std::isxdigit(static_cast<unsigned char>(text[i + 1]));) ++i;
    } else if (std::isdigit(c) != 0) {
      if (out.empty() || out.back() != '#') out += '#';
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  return text;
}

std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// Its name, of "a::(anonymous namespace)::Read(int) /src/a.cc:7:3": "a::Read".
std::string FunctionIn(std::string_view frame) {
  constexpr std::string_view kAnonymous = "(anonymous namespace)::";
  std::string name(frame);
  for (std::size_t at = 0; (at = name.find(kAnonymous)) != std::string::npos;) {
    name.erase(at, kAnonymous.size());
  }
  name.resize(std::min(name.find(" /"), name.size()));
  // Of C++ with its parameters ("operator new(unsigned long)"), of C without.
  const std::size_t parameters = name.find('(');
  const std::size_t end = parameters == std::string::npos ? name.find(' ') : parameters;
  return std::string(Trimmed(std::string_view(name).substr(0, end)));
}

// The function of the first frame of ours below line `from`: "    #1 0x55 in Read(...) a.cc:7:3",
// or, where nothing names functions, its place in the program: "(fuzz_x+0x1234)".
std::string FirstFrame(const std::vector<std::string_view>& lines, std::size_t from) {
  bool in_stack = false;
  for (std::size_t i = from; i < lines.size(); ++i) {
    const std::string_view line = Trimmed(lines[i]);
    if (!line.starts_with('#')) {
      if (in_stack) break;
      continue;
    }
    in_stack = true;
    const std::size_t in = line.find(" in ");
    const std::string name = in == std::string_view::npos ? "" : FunctionIn(line.substr(in + 4));
    // Types of parameters say nothing about whose function it is.
    const std::size_t path = std::min(line.rfind(" /"), line.find(" (/"));
    const std::string told =
        name.empty() ? std::string(line)
                     : " " + name + std::string(line.substr(std::min(path, line.size())));
    const bool foreign = std::ranges::any_of(
        kNotOurs, [&told](std::string_view word) { return told.contains(word); });
    if (foreign) continue;
    if (!name.empty()) {
      return name;
    }
    const std::size_t module = line.rfind('/');
    if (module != std::string_view::npos) {
      const std::string_view place = line.substr(module + 1);
      return std::string(place.substr(0, place.find(')')));
    }
  }
  return "";
}

std::string WithFrame(std::string what, const std::vector<std::string_view>& lines,
                      std::size_t from) {
  const std::string frame = FirstFrame(lines, from);
  return frame.empty() ? what : what + " in " + frame;
}

// "/a/b/c.cc:12:3: runtime error: ..." with its file but not its folder.
std::string RuntimeError(std::string_view line) {
  const std::size_t message = line.find(": runtime error: ");
  const std::size_t folder = line.substr(0, message).rfind('/');
  const std::size_t begin = folder == std::string_view::npos ? 0 : folder + 1;
  return std::string(line.substr(begin, message - begin)) + WithoutNumbers(line.substr(message));
}

fs::path FolderOfProgram() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path();
}

bool IsProgram(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::string ReasonIn(std::string_view text) {
  const std::vector<std::string_view> lines = LinesOf(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    if (line.starts_with("falsified: ") || line.starts_with("harness_error: ")) {
      return std::string(line);
    }
    if (line.contains(": runtime error: ")) return RuntimeError(line);
    if (line.contains(": Assertion `")) return WithoutNumbers(line.substr(line.find('`')));
    if (line.starts_with("terminate called ")) return std::string(line);
    const std::size_t error = line.find("ERROR: ");
    if (error == std::string_view::npos) continue;
    const std::string_view said = line.substr(error + 7);
    const std::size_t tool = said.find(": ");
    if (tool == std::string_view::npos || !said.contains("Sanitizer")) {
      if (said.starts_with("libFuzzer: ")) {
        return WithFrame(WithoutNumbers(said.substr(0, said.find('('))), lines, i);
      }
      continue;
    }
    // "AddressSanitizer: heap-buffer-overflow on address ...": the kind is one word.
    const std::string_view kind = said.substr(tool + 2);
    const std::size_t end = kind.starts_with("detected") ? kind.size() : kind.find_first_of(" (");
    return WithFrame(std::string(said.substr(0, tool + 2)) + std::string(kind.substr(0, end)),
                     lines, i);
  }
  return "";
}

Result<TargetEnd> RunTarget(const std::string& program, const std::string& input,
                            const TargetLimits& limits) {
  ProcessLimits process_limits;
  process_limits.stderr_bytes_max = kTextBytesMax;
  process_limits.resident_bytes_max = limits.bytes;
  auto process = Process::Start({program, input}, {}, process_limits);
  if (!process) return std::unexpected(process.error());
  const auto patience = std::chrono::milliseconds(static_cast<std::int64_t>(limits.seconds * 1000));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  Exchange exchange;
  do {  // what it prints on its standard output is no answer to anything
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    exchange = (*process)->Ask("", std::max(left, std::chrono::milliseconds(0)));
  } while (exchange.end == ExchangeEnd::kLine);

  TargetEnd end;
  end.text = (*process)->stderr_tail();
  end.reason = ReasonIn(end.text);
  switch (exchange.end) {
    case ExchangeEnd::kTimedOut:
      end.how = "timed out";
      end.reason.clear();
      break;
    case ExchangeEnd::kOutOfMemory:
      end.how = "out of memory";
      end.reason.clear();
      break;
    default:
      end.how = exchange.cause;
      break;
  }
  if (end.how == "exit code 127") {
    return Fail(ErrorKind::kPathUnreadable, program, "it cannot be run",
                "name a fuzz target that was built, or the path of its program");
  }
  // A replay program exits with 1 where the input was refused, as a sanitizer does after an error.
  const bool refused = end.reason.empty() && end.how == "exit code 1";
  end.failed = end.how != "exit code 0" && !refused;
  return end;
}

std::string TargetInPath(std::string_view path) {
  std::string target;
  for (const fs::path& part : fs::path(path)) {
    const std::string name = part.string();
    if (!name.starts_with("fuzz_")) continue;
    const auto end = std::ranges::find_if(
        name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '_'; });
    target.assign(name.begin(), end);
  }
  return target;
}

std::vector<std::string> TargetPrograms(const std::string& name) {
  if (name.contains('/')) return IsProgram(name) ? std::vector{name} : std::vector<std::string>{};
  const fs::path here = FolderOfProgram();
  std::vector<std::string> programs;
  for (const fs::path& folder :
       {here, here.parent_path() / "fuzz", here.parent_path() / "sanitize"}) {
    const std::string program = (folder / name).string();
    if (IsProgram(program) && std::ranges::find(programs, program) == programs.end()) {
      programs.push_back(program);
    }
  }
  return programs;
}

std::vector<std::string> TargetsBuilt() {
  std::vector<std::string> names;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(FolderOfProgram(), error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("fuzz_") && !name.contains('.') && IsProgram(entry.path())) {
      names.push_back(name);
    }
  }
  std::ranges::sort(names, {}, [](const std::string& name) {
    return std::pair(!name.starts_with("fuzz_load") && !name.starts_with("fuzz_hdf5"), name);
  });
  return names;
}

}  // namespace weightproof
