#include "harness/campaign/known_play.h"

#include <fstream>
#include <iterator>

#include "harness/campaign/forked.h"
#include "harness/case/json.h"

namespace weightproof {

std::optional<Verdict> ReplayKnown(const Engine& engine, const KnownFinding& known,
                                   const std::string& corpus, double hang_seconds) {
  std::optional<Case> c = known.the_case;
  if (!c) {
    std::ifstream in(corpus + "/" + known.id + "/case.json");
    if (known.id.empty() || !in) return std::nullopt;
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    Result<Case> kept = CaseFromJson(text, known.id);
    if (!kept) return std::nullopt;
    c = *std::move(kept);
  }
  const Scratch scratch;
  return engine.foreign ? engine.ask(*c, scratch.path(), known.clause)
                        : AskForked(engine, *c, known.clause, hang_seconds);
}

bool IsStillThere(const Verdict& verdict, const KnownFinding& known) {
  if (verdict.kind != VerdictKind::kFalsified || verdict.breaks != known.breaks) return false;
  return !known.breaks.empty() || verdict.cause == known.cause;
}

Finding FindingOf(const Engine& engine, const KnownFinding& known) {
  Finding finding;
  finding.id = known.id;
  finding.clause = known.clause;
  finding.verdict = {VerdictKind::kFalsified, known.severity, known.cause, known.evidence,
                     known.breaks};
  if (engine.documentation != nullptr) {
    const DocumentedSentence* broken = engine.documentation->Find(known.breaks);
    if (broken != nullptr) finding.sentence = *broken;
  }
  finding.known = true;
  finding.shrunk = true;
  if (known.the_case) finding.the_case = *known.the_case;
  finding.features = {known.signature.begin(), known.signature.end()};
  finding.formats = known.formats;
  return finding;
}

}  // namespace weightproof
