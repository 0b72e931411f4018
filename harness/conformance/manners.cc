#include "harness/conformance/manners.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/properties/paths.h"
#include "harness/testee/wire.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

template <class Change>
std::string Changed(const std::string& line, Change change) {
  Json request = Json::parse(line, nullptr, false);
  change(request);
  return request.dump();
}

// What a worker said to one line, as far as it can be read.
struct Heard {
  std::string trouble;  // no line came, or none that can be read
  std::string outcome;
  Json id;
  std::string line;
};

// The answer is heard by whoever listens; the line itself may be no request.
Heard AskLine(Process& process, const WorkerCheckSettings& settings, const std::string& line) {
  const Exchange exchange = process.Ask(line, settings.limits.request_timeout);
  Heard heard;
  if (exchange.end == ExchangeEnd::kTimedOut) {
    heard.trouble = "no answer came";
  } else if (exchange.end != ExchangeEnd::kLine) {
    heard.trouble = "the worker ended (" + exchange.cause + ")";
    if (!process.stderr_tail().empty()) {
      heard.trouble += "; the end of its stderr: " + process.stderr_tail();
    }
  } else {
    heard.line = exchange.line;
    if (settings.tap.answered) settings.tap.answered(heard.line);
    const Json answer = Json::parse(heard.line, nullptr, false);
    if (!answer.is_object()) {
      heard.trouble =
          "it answered with a line that is no JSON object: " + heard.line.substr(0, 200);
    } else {
      heard.outcome = answer.contains("outcome") && answer["outcome"].is_string()
                          ? answer["outcome"].get<std::string>()
                          : "";
      heard.id = answer.value("id", Json());
    }
  }
  return heard;
}

CheckLine Judged(const Manner& manner, const Heard& heard, std::uint64_t id) {
  CheckLine line{CheckMark::kOk, "manners: " + manner.name, heard.outcome};
  const std::string due = fmt::format("due: {}", fmt::join(manner.outcomes, " or "));
  if (!heard.trouble.empty()) {
    line = {CheckMark::kFailed, line.name, heard.trouble + "; " + due};
  } else if (std::ranges::find(manner.outcomes, heard.outcome) == manner.outcomes.end()) {
    line = {CheckMark::kFailed, line.name,
            "outcome '" + heard.outcome + "'; " + due + "; " + heard.line.substr(0, 300)};
  } else if (manner.has_id && heard.id != Json(id)) {
    line = {CheckMark::kFailed, line.name,
            "the answer's id is " + heard.id.dump() + "; due: " + std::to_string(id)};
  }
  return line;
}

// Has come up: it has described itself.
std::unique_ptr<Process> StartedWorker(const WorkerCheckSettings& settings) {
  auto started = Process::Start(settings.argv, {{"PYTHONHASHSEED", "0"}}, settings.limits);
  if (!started) return nullptr;
  const Exchange exchange = (*started)->Ask(DescribeLine(1), settings.limits.start_timeout);
  return exchange.end == ExchangeEnd::kLine ? *std::move(started) : nullptr;
}

bool NotUp(const WorkerCheckSettings& settings) {
  settings.on_line(
      {CheckMark::kFailed, "manners", "another process of the worker did not come up"});
  return false;
}

// A quit ends it like the end of its stdin does: both in its own time.
bool CheckEnds(const WorkerCheckSettings& settings, std::unique_ptr<Process> standing) {
  const Exchange quit = standing->Ask(R"({"id": 9999, "op": "quit", "protocol": 1})",
                                      settings.limits.request_timeout);
  const bool quits = quit.end == ExchangeEnd::kEnded &&
                     (quit.cause == "exit code 0" || quit.cause == "closed its stdout");
  settings.on_line({quits ? CheckMark::kOk : CheckMark::kFailed, "ends: quit",
                    quits ? quit.cause
                    : quit.end == ExchangeEnd::kLine
                        ? "it answered a quit; due: it ends with exit code 0"
                        : "it did not end with exit code 0 (" + quit.cause + ")"});
  const std::unique_ptr<Process> other = StartedWorker(settings);
  if (other == nullptr) return NotUp(settings);
  const std::string how = other->Close(settings.limits.request_timeout);
  const bool ends = how == "exit code 0";
  settings.on_line({ends ? CheckMark::kOk : CheckMark::kFailed, "ends: end of stdin",
                    ends ? how : how + "; due: exit code 0"});
  return quits && ends;
}

}  // namespace

std::vector<Manner> Manners(const CaseRequests& plain, std::uint64_t first_id) {
  std::uint64_t next = first_id;
  const std::vector<std::string> wrong = {"worker_error", "unsupported"};
  const std::vector<std::string> unknown = {"unsupported"};
  const std::vector<std::string> refused = {"refused"};
  std::vector<Manner> all;
  const auto assign = [&] { return AssignLine(plain.Assign(), next++); };
  const auto load = [&](const std::string& name) {
    return LoadLine(plain.Load(plain.directory + "/" + name), next++);
  };
  all.push_back({"a line that is no JSON", "hello", {"worker_error"}, false});
  ++next;
  all.push_back({"a JSON list", "[1, 2]", {"worker_error"}, false});
  ++next;
  all.push_back({"an unknown request",
                 Changed(DescribeLine(next++), [](Json& r) { r["op"] = "fly"; }), unknown});
  all.push_back({"another protocol",
                 Changed(DescribeLine(next++), [](Json& r) { r["protocol"] = 99; }), unknown});
  all.push_back(
      {"an unknown field", Changed(assign(), [](Json& r) { r["surprise"] = 1; }), unknown});
  all.push_back({"a layer of no library",
                 Changed(assign(),
                         [](Json& r) {
                           Json& layers = r["build"]["program"]["architecture"]["layers"];
                           layers[0]["class"] = "NoSuchLayer";
                         }),
                 unknown});
  all.push_back({"no build", Changed(assign(), [](Json& r) { r.erase("build"); }), wrong});
  all.push_back({"weights that the model has not",
                 Changed(assign(), [](Json& r) { r["weights"][0]["id"] = "99/kernel"; }),
                 {"worker_error", "unsupported", "refused"}});
  all.push_back({"bytes that do not fit",
                 Changed(assign(), [](Json& r) { r["weights"][0]["data"] = "AAAA"; }),
                 {"worker_error", "unsupported", "refused"}});
  const std::string suffix = plain.c.route.path.text.substr(1);
  all.push_back({"a load of a file that is not there", load("absent" + suffix), refused});
  all.push_back({"a load of a file of rubbish", load("rubbish" + suffix), refused});
  return all;
}

bool CheckManners(const WorkerCheckSettings& settings, const CaseRequests& plain) {
  std::unique_ptr<Process> process = StartedWorker(settings);
  if (process == nullptr) return NotUp(settings);
  const std::string suffix = plain.c.route.path.text.substr(1);
  const std::string rubbish(512, '?');
  WriteFile(plain.directory + "/rubbish" + suffix, std::as_bytes(std::span(rubbish)));
  constexpr std::uint64_t kFirstId = 100;
  bool all_well = true;
  std::uint64_t id = kFirstId;
  for (const Manner& manner : Manners(plain, kFirstId)) {
    const Heard heard = AskLine(*process, settings, manner.line);
    const CheckLine line = Judged(manner, heard, id++);
    settings.on_line(line);
    if (line.mark == CheckMark::kOk) continue;
    all_well = false;
    if (process->pid() >= 0) continue;
    process = StartedWorker(settings);
    if (process == nullptr) return NotUp(settings);
  }
  const Heard good = AskLine(*process, settings, AssignLine(plain.Assign(), id));
  const CheckLine line = Judged({"after all that, a good request", "", {"ok"}}, good, id);
  settings.on_line(line);
  all_well = all_well && line.mark == CheckMark::kOk;
  return CheckEnds(settings, std::move(process)) && all_well;
}

}  // namespace weightproof
