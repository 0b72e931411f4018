#include "harness/conformance/worker_check.h"

#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "harness/case/json.h"
#include "harness/conformance/answer_faults.h"
#include "harness/conformance/manners.h"
#include "harness/conformance/requests.h"
#include "harness/properties/paths.h"
#include "harness/properties/run_case.h"

namespace weightproof {
namespace {

constexpr std::size_t kHeldCasesMax = 24;
constexpr int kTriesMax = 16;  // of one planted fault

std::string Listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

bool SameTensors(const std::vector<NamedTensor>& a, const std::vector<NamedTensor>& b) {
  return a.size() == b.size() && std::ranges::all_of(a, [&](const NamedTensor& x) {
           return std::ranges::any_of(
               b, [&](const NamedTensor& y) { return x.id == y.id && x.tensor == y.tensor; });
         });
}

class WorkerCheck {
 public:
  WorkerCheck(const WorkerCheckSettings& settings, WorkerTestee& worker)
      : settings_(settings), worker_(worker) {}

  bool Run() {
    Describe();
    bool any = false;
    for (const RouteFormat format : {RouteFormat::kLegacyH5, RouteFormat::kLegacyH5Model,
                                     RouteFormat::kWeightsH5, RouteFormat::kKerasArchive}) {
      any = CheckFormat(format) || any;
    }
    if (!any) {
      Fails("speaks", "no format that it lists made one plain round trip");
      return false;
    }
    const CaseFolder folder(settings_.scratch);
    const auto plain = CaseRequests::Of(*small_, folder.path());
    if (!plain) return false;
    well_ = CheckManners(settings_, *plain) && well_;
    CheckWrongLines(*plain);
    CheckAsleep();
    return well_;
  }

 private:
  void Say(CheckMark mark, std::string name, std::string text) {
    std::ranges::replace(text, '\n', ' ');
    settings_.on_line({mark, std::move(name), std::move(text)});
  }
  void Passes(std::string name, std::string text) {
    Say(CheckMark::kOk, std::move(name), std::move(text));
  }
  void Fails(std::string name, std::string text) {
    well_ = false;
    Say(CheckMark::kFailed, std::move(name), std::move(text));
  }

  void Describe() {
    const Description& d = worker_.Describe();
    Passes("speaks: describe",
           fmt::format("{} {} ({}); {} layers; formats {}; dialects {}; modes {}; dtypes {}; "
                       "promises {}",
                       d.name, d.version, d.backend, d.space.layers.size(), Listed(d.space.formats),
                       Listed(d.space.dialects), Listed(d.space.modes), Listed(d.dtypes),
                       Listed(d.promises)));
  }

  // What is wrong with a plain round trip; "" when nothing is.
  std::string RoundTrip(const CaseRequests& requests) {
    const std::string path = requests.directory + "/" + requests.c.route.path.text;
    const auto failed = [](const char* what, const Answer& answer) {
      return fmt::format("{}: {}{}{}: {}", what, OutcomeName(answer.outcome),
                         answer.error_kind.empty() ? "" : ", ", answer.error_kind,
                         answer.error_message);
    };
    const Answer saved = worker_.Save(requests.Save(path));
    if (saved.outcome != Outcome::kOk) return failed("save", saved);
    if (!SameTensors(saved.variables, requests.saved)) {
      return "save: its variables are not those that were given, by our ids";
    }
    std::string bytes;
    if (!ReadFile(path, &bytes) || bytes.empty()) return "save: it said ok, and no file is there";
    const Answer loaded = worker_.Load(requests.Load(path));
    if (loaded.outcome != Outcome::kOk) return failed("load", loaded);
    if (!SameTensors(loaded.variables_before, requests.initial)) {
      return "load: variables_before are not what `initial` gave";
    }
    if (!SameTensors(loaded.variables, requests.saved)) {
      return "load: the variables are not what was saved";
    }
    const Answer control = worker_.Assign(requests.Assign());
    if (control.outcome != Outcome::kOk) return failed("assign", control);
    if (control.prediction.size() == 0) return "assign: no prediction";
    if (loaded.repeatable && control.repeatable && !(loaded.prediction == control.prediction)) {
      return "load: it predicts something else than assign with the same values";
    }
    if (loaded.prediction == loaded.prediction_before) {
      return "load: the prediction is that from before the load";
    }
    return "";
  }

  bool CheckFormat(RouteFormat format) {
    const std::string name(RouteFormatName(format));
    const std::vector<std::string>& listed = worker_.Describe().space.formats;
    if (std::ranges::find(listed, name) == listed.end()) return false;
    const std::optional<Case> small = SmallCase(worker_.Describe(), format);
    const CaseFolder folder(settings_.scratch);
    const auto requests = small ? CaseRequests::Of(*small, folder.path()) : std::nullopt;
    if (!requests) {
      Fails("speaks: " + name, "no small case can be made of the layers and steps that it lists");
      return false;
    }
    const std::string wrong = RoundTrip(*requests);
    if (!wrong.empty()) {
      Fails("speaks: " + name, wrong);
      return false;
    }
    Passes("speaks: " + name,
           fmt::format("{} came back", requests->c.architecture.layers.front().class_name));
    if (!small_) small_ = small;
    return true;
  }

  void CheckWrongLines(const CaseRequests& plain) {
    for (const LineFault& fault : LineFaults()) {
      const std::string name = fmt::format("wrong line: {}", fault.name);
      WireTap spoilt = settings_.tap;
      spoilt.answered = [&](std::string& line) {
        if (settings_.tap.answered) settings_.tap.answered(line);
        fault.plant(line);
      };
      worker_.Listen(spoilt);
      const Answer broken = worker_.Assign(plain.Assign());
      worker_.Listen(settings_.tap);
      const int started = worker_.processes_started();
      const Answer after = worker_.Assign(plain.Assign());
      if (broken.outcome != Outcome::kWorkerError || broken.error_kind != "Protocol") {
        Fails(name, fmt::format("this harness took it for {}", OutcomeName(broken.outcome)));
      } else if (after.outcome != Outcome::kOk || worker_.processes_started() != started + 1) {
        Fails(name, "killed for it, the worker did not come up again: " + after.error_message);
      } else {
        Passes(name, "a worker error; killed, and the next process answered");
      }
    }
  }

  // Cases that hold, drawn from what the worker can do, and some that ask for a refusal or a word.
  void FindHeldCases() {
    if (small_) {
      Case other = *small_;
      LayerSpec& layer = other.architecture.layers.front();
      if (layer.class_name == "Dense") {
        Step set;
        set.op = StepOp::kSet;
        set.layer = 0;
        set.key = "units";
        set.value = std::int64_t{3};
        other.reader.build.insert(other.reader.build.begin(), set);
      }
      TryCase(*small_);
      TryCase(other);
      other.route.skip_mismatch = true;  // accepted, and then something is said
      TryCase(other);
    }
    for (std::uint64_t i = 0; i < settings_.cases && held_.size() < kHeldCasesMax; ++i) {
      SeededChoices choices(settings_.seed, i);
      Space space = worker_.Describe().space;
      space.layers_max = std::min(space.layers_max, 3);
      space.sessions = false;
      TryCase(Generate(choices, space));
    }
  }

  void TryCase(const Case& c) {
    const CaseResult result = RunCase(c, worker_, worker_, settings_.scratch);
    ++asked_;
    if (result.overall == VerdictKind::kHeld) held_.push_back(c);
    if (result.overall == VerdictKind::kFalsified) ++falsified_;
  }

  void CheckAsleep() {
    FindHeldCases();
    if (held_.empty()) {
      Fails("asleep", fmt::format("not one of {} cases holds, so nothing can be planted", asked_));
      return;
    }
    Say(CheckMark::kNote, "asleep",
        fmt::format("faults are planted in the answers to {} cases that hold{}", held_.size(),
                    falsified_ == 0
                        ? ""
                        : fmt::format("; {} of {} cases are falsified as they are, which `check` "
                                      "tells more of",
                                      falsified_, asked_)));
    for (const AnswerFault& fault : AnswerFaults()) CheckFault(fault);
  }

  void CheckFault(const AnswerFault& fault) {
    const std::string name = fmt::format("asleep: {}", fault.name);
    int tries = 0;
    for (const Case& c : held_) {
      TamperedTestee tampered(worker_, fault);
      const CaseResult result = RunCase(c, tampered, tampered, settings_.scratch);
      if (tampered.planted() == 0) continue;
      ++tries;
      const auto noticed = std::ranges::find_if(result.clauses, [](const ClauseVerdict& one) {
        return one.verdict.kind == VerdictKind::kFalsified;
      });
      if (noticed != result.clauses.end()) {
        Passes(name, fmt::format("{}: noticed by {} ({}){}", fault.sentence, noticed->clause,
                                 noticed->verdict.cause,
                                 tries == 1 ? "" : fmt::format(", in case {} of these", tries)));
        return;
      }
      if (tries == kTriesMax) break;
    }
    if (tries == 0 && fault.needs_a_word) {
      Say(CheckMark::kNote, name, "not planted: the worker said nothing in any load that holds");
    } else if (tries == 0 && fault.needs_process) {
      Say(CheckMark::kNote, name, "not planted: the worker says nothing of its process");
    } else if (tries == 0) {
      Fails(name, fmt::format("not planted: no answer to the {} cases can carry it ({})",
                              held_.size(), fault.sentence));
    } else if (fault.needs_a_word) {
      Say(CheckMark::kNote, name, fmt::format("in {} cases nobody missed the word", tries));
    } else {
      Fails(name, fmt::format("{}: not noticed in {} cases", fault.sentence, tries));
    }
  }

  const WorkerCheckSettings& settings_;
  WorkerTestee& worker_;
  std::optional<Case> small_;
  std::vector<Case> held_;
  std::uint64_t asked_ = 0;
  std::uint64_t falsified_ = 0;
  bool well_ = true;
};

}  // namespace

Result<bool> CheckWorker(const WorkerCheckSettings& settings) {
  auto worker = WorkerTestee::Create(settings.argv, {}, settings.limits, settings.tap);
  if (!worker) return std::unexpected(std::move(worker.error()));
  return WorkerCheck(settings, **worker).Run();
}

}  // namespace weightproof
