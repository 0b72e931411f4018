#include "harness/campaign/finding_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "harness/campaign/case_words.h"
#include "harness/campaign/known.h"
#include "harness/campaign/reproduce.h"

namespace weightproof {
namespace {

constexpr std::size_t kLandingsMax = 200;
constexpr std::size_t kSaidMax = 20;
constexpr std::size_t kQuotedBytesMax = 2000;

// What a loader says may hold anything: a fence longer than any run of backticks in it, and no
// control characters.
std::string Fenced(std::string text) {
  if (text.size() > kQuotedBytesMax) text = text.substr(0, kQuotedBytesMax) + " ...";
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') c = ' ';
  }
  std::size_t run = 0;
  std::size_t longest = 2;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fence + "\n" + text + (text.ends_with('\n') ? "" : "\n") + fence + "\n";
}

// In a cell of a table.
std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return "`" + out + "`";
}

std::string HoldsWords(const Landing& landing) {
  if (!landing.holds.empty()) return "the saved " + Cell(landing.holds);
  return landing.changed ? "something that was not saved" : "what it held before";
}

std::string LandingsTable(const Explanation& e) {
  std::string text = "| variable | layer | holds after the load | |\n|---|---|---|---|\n";
  for (std::size_t i = 0; i < e.landings.size() && i < kLandingsMax; ++i) {
    const Landing& landing = e.landings[i];
    text += fmt::format("| {} | {} | {} | {} |\n", Cell(landing.id), Cell(landing.layer),
                        HoldsWords(landing), landing.right ? "" : "not what belongs there");
  }
  if (e.landings.size() > kLandingsMax) {
    text += fmt::format("\nand {} more\n", e.landings.size() - kLandingsMax);
  }
  return text;
}

// Where outputs part: the first layer that computes with a variable that is not right.
std::string OutputWords(const Explanation& e) {
  if (!e.predictions_told && !e.first_wrong_layer.empty()) {
    return fmt::format("The first layer whose output can differ is {}.\n",
                       Cell(e.first_wrong_layer));
  }
  if (!e.predictions_told) return "";
  if (e.predicts_right) return "The predictions are those of a model that was given the values.\n";
  if (!e.first_wrong_layer.empty()) {
    return fmt::format(
        "The predictions are not those of a model that was given the values directly. The first "
        "layer whose output can differ is {}: those before it hold the right values.\n",
        Cell(e.first_wrong_layer));
  }
  return "Every variable is right, yet the predictions are not those of a model that was given the "
         "values directly: which layer it is cannot be told from the variables.\n";
}

std::string HappenedWords(const Explanation& e) {
  if (!e.failure.empty()) {
    return "Played once more for this report, the case gave nothing to tell of:\n" +
           Fenced(e.failure);
  }
  std::string text = "The save:\n" + Fenced(e.save);
  if (e.load.empty()) return text;
  text += "The load:\n" + Fenced(e.load);
  if (e.said.empty()) {
    text += "It said nothing.\n";
  } else {
    text += "It said:\n";
    for (std::size_t i = 0; i < e.said.size() && i < kSaidMax; ++i) text += Fenced(e.said[i]);
  }
  if (!e.landings.empty()) text += "\n" + LandingsTable(e) + "\n";
  return text + OutputWords(e);
}

std::string StandingWords(const Engine& engine, const Finding& f) {
  if (f.bug()) {
    return fmt::format(
        "A **bug**: the documentation of {} {} says in `{}`:\n\n> {}\n\nIt is broken: {}.\n",
        engine.testee, engine.testee_version, f.sentence->object, f.sentence->quote,
        f.sentence->why);
  }
  if (!engine.writer.empty() && engine.writer != engine.testee) {
    return fmt::format(
        "A **hazard**: {} {} reads what {} {} wrote, and no library's documentation speaks of "
        "another one's files.\n",
        engine.testee, engine.testee_version, engine.writer, engine.writer_version);
  }
  if (engine.documentation == nullptr) {
    return fmt::format(
        "A **hazard**: no sentences of the documentation of {} {} are at hand to hold this "
        "against.\n",
        engine.testee, engine.testee_version);
  }
  return fmt::format(
      "A **hazard**: it breaks no sentence that is quoted of the documentation of {} {}.\n",
      engine.testee, engine.testee_version);
}

}  // namespace

std::string FindingReport(const Engine& engine, const Finding& f) {
  const Clause* clause = FindClause(f.clause);
  std::string text = fmt::format("# {}: {}\n\n", f.clause, f.verdict.cause);
  if (clause != nullptr) text += fmt::format("A loader is held to: {}.\n\n", clause->sentence);
  text += fmt::format("Severity {}. What happened:\n", SeverityName(f.verdict.severity)) +
          Fenced(f.verdict.evidence) + "\n";
  if (engine.foreign) text += "## Bug or hazard\n" + StandingWords(engine, f) + "\n";
  if (engine.foreign && IsSecurity(f.verdict.severity)) {
    text +=
        "## Tell the maintainers first\n"
        "This is of the kind that attackers use. Before it is told anywhere else, send `case.json` "
        "and `reproduce.py` to the maintainers in the private way that their security policy names "
        "(for a project on GitHub: SECURITY.md, or \"Report a vulnerability\" under Security), "
        "and try their newest version first. `corpus/known` names its clause and version only; "
        "keep this folder out of the repository.\n\n";
  }
  text += "## The case\n" + Fenced(CaseWords(f.the_case)) + "\n";
  if (f.explanation) text += "## What landed where\n" + HappenedWords(*f.explanation) + "\n";
  text += "## Run it again\n";
  const bool one_library = engine.writer.empty() || engine.writer == engine.testee;
  if (engine.foreign && one_library && !ScriptOf(f, engine.testee_backend).empty()) {
    text += fmt::format("`reproduce.py` needs {} {} and nothing of weightproof. {}\n",
                        engine.testee, engine.testee_version,
                        f.reproduced ? "It was run in a process of its own and showed this:"
                                     : "It has not shown this:") +
            Fenced(f.reproduction);
  }
  text += fmt::format("`weightproof replay case.json {}`{}\n",
                      TesteeArguments(engine.writer, engine.testee),
                      f.shrunk ? "" : " (the case is not fully shrunk)");
  return text;
}

nlohmann::json SentenceToJson(const DocumentedSentence& sentence) {
  return {{"id", sentence.id},
          {"object", sentence.object},
          {"quote", sentence.quote},
          {"why", sentence.why}};
}

}  // namespace weightproof
