#include "harness/testee/serve.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cfenv>
#include <clocale>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "harness/testee/wire.h"
#include "harness/testee/wire_worker.h"

namespace weightproof {
namespace {

bool Asks(const WireRequest& request, std::string_view option) {
  for (const std::string& word : request.options) {
    if (word == option) return true;
  }
  return false;
}

// The process that runs this is the session: nothing is left to be made anew for it.
BuildRequest BuildOf(const WireRequest& request) {
  BuildRequest build;
  build.program = {&request.program.architecture, &request.program.build};
  for (const WireProgram& program : request.before) {
    build.before.push_back({&program.architecture, &program.build});
  }
  build.session = request.session;
  build.session.fresh = false;
  for (int i = 0; i < request.session.models_before; ++i) build.before.push_back(build.program);
  build.session.models_before = 0;
  build.directory = request.directory;
  if (!request.session.working_directory.empty()) {
    std::error_code ignored;
    std::filesystem::create_directories(request.directory + "/" + request.session.working_directory,
                                        ignored);
  }
  return build;
}

Answer PlaySave(Testee& testee, const WireRequest& request) {
  SaveRequest save;
  save.build = BuildOf(request);
  save.weights = &request.weights;
  save.format = request.format;
  save.dialect = request.dialect;
  save.path = request.path;
  save.overwrite = request.overwrite;
  save.inputs = &request.inputs;
  save.more_inputs = &request.more_inputs;
  return testee.Save(save);
}

Answer PlayLoad(Testee& testee, const WireRequest& request) {
  LoadRequest load;
  load.build = BuildOf(request);
  load.initial = &request.weights;
  load.format = request.format;
  load.load_as = request.load_as;
  load.by_name = request.by_name;
  load.skip_mismatch = request.skip_mismatch;
  load.partial = request.partial;
  load.trust_auto_names = Asks(request, "trust_auto_names");
  load.assume_order = Asks(request, "assume_order");
  load.allow_narrowing = Asks(request, "allow_narrowing");
  load.path = request.path;
  load.resave_path = request.resave_path;
  load.inputs = &request.inputs;
  load.more_inputs = &request.more_inputs;
  if (request.session.load_twice) testee.Load(load);
  return testee.Load(load);
}

Answer PlayAssign(Testee& testee, const WireRequest& request) {
  AssignRequest assign;
  assign.build = BuildOf(request);
  assign.weights = &request.weights;
  assign.inputs = &request.inputs;
  assign.more_inputs = &request.more_inputs;
  return testee.Assign(assign);
}

// What of this process a load has to leave alone.
std::map<std::string, std::string, std::less<>> ProcessAspects() {
  std::error_code error;
  const mode_t mask = umask(0);
  umask(mask);
  const char* locale = std::setlocale(LC_ALL, nullptr);
  std::string variables;
  for (char** one = environ; one != nullptr && *one != nullptr; ++one) {
    variables += *one;
    variables += '\n';
  }
  return {{"working_directory", std::filesystem::current_path(error).string()},
          {"umask", std::to_string(mask)},
          {"locale", locale != nullptr ? locale : ""},
          {"rounding", std::to_string(std::fegetround())},
          {"environment", std::to_string(std::hash<std::string>()(variables))}};
}

Answer PlayLoadWatched(Testee& testee, const WireRequest& request) {
  auto before = ProcessAspects();
  Answer answer = PlayLoad(testee, request);
  answer.process_before = std::move(before);
  answer.process_after = ProcessAspects();
  return answer;
}

bool WriteLine(int fd, std::string line) {
  line += '\n';
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t n = write(fd, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

std::optional<std::string> AnswerRequest(Testee& testee, std::string_view line) {
  const std::expected<WireRequest, WireFault> request = RequestFromLine(line);
  if (!request) return FaultLine(request.error());
  if (request->op == "quit") return std::nullopt;
  if (request->op == "describe") return DescriptionLine(testee.Describe(), request->id);
  if (request->op == "save") return AnswerLine(PlaySave(testee, *request), request->id);
  if (request->op == "load") return AnswerLine(PlayLoadWatched(testee, *request), request->id);
  return AnswerLine(PlayAssign(testee, *request), request->id);
}

int Serve(Testee& testee, int in, int out) {
  std::string unread;
  std::array<char, 65536> buffer;
  for (;;) {
    std::size_t end = 0;
    while ((end = unread.find('\n')) != std::string::npos) {
      const std::optional<std::string> answer =
          AnswerRequest(testee, std::string_view(unread).substr(0, end));
      if (!answer) return 0;
      if (!WriteLine(out, *answer)) return 1;
      unread.erase(0, end + 1);
    }
    if (unread.size() > kWireLineBytesMax) {
      std::fprintf(stderr, "weightproof worker: a line of more than %zu bytes\n",
                   kWireLineBytesMax);
      return 1;
    }
    const ssize_t n = read(in, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return 0;
    unread.append(buffer.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace weightproof
