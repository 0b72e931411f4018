// `weightproof matrix`: who reads whose files.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/campaign/campaign.h"
#include "harness/campaign/forked.h"
#include "harness/campaign/report.h"
#include "harness/cli/commands.h"
#include "harness/cli/progress.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kCasesDefault = 200;  // of each pair

struct Cell {
  std::string writer, reader;
  std::string nothing;  // why no case was run; "" when some were
  CampaignResult result;
};

std::string CellText(const Cell& cell) {
  std::string text = cell.writer == cell.reader
                         ? fmt::format("{} reads its own files", cell.reader)
                         : fmt::format("{} reads what {} writes", cell.reader, cell.writer);
  if (!cell.nothing.empty()) return text + ": " + cell.nothing + "\n\n";
  const Statistics& s = cell.result.statistics;
  text += fmt::format(": {} cases, {} of them unsupported, {:.1f} s\n", Thousands(s.cases),
                      Thousands(s.Of(VerdictKind::kUnsupported)), cell.result.seconds);
  text += fmt::format("  {:<26}{:>10}{:>10}{:>16}{:>12}{:>8}\n", "clause", "held", "refused",
                      "silently wrong", "else broken", "open");
  for (std::size_t i = 0; i < s.clauses.size(); ++i) {
    const ClauseOutcomes& o = s.outcomes[i];
    if (o.held + o.refused + o.silently_wrong + o.falsified + o.open == 0) continue;
    text += fmt::format("  {:<26}{:>10}{:>10}{:>16}{:>12}{:>8}\n", s.clauses[i].first,
                        Thousands(o.held), Thousands(o.refused), Thousands(o.silently_wrong),
                        Thousands(o.falsified), Thousands(o.open));
  }
  for (const Finding& f : cell.result.findings) {
    text += fmt::format("  {}: {} ({} {})\n", f.clause, f.verdict.cause,
                        SeverityName(f.verdict.severity), f.case_path);
  }
  for (const std::string& error : cell.result.harness_errors) {
    text += "  harness error: " + error + "\n";
  }
  return text + "\n";
}

// A folder's name for a pair, whatever the names are.
std::string FolderName(std::string text) {
  for (char& c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '_' && c != '.') c = '-';
  }
  return text;
}

// Falsified cases of those that both sides could play.
std::string Summary(const std::vector<std::string>& testees, const std::vector<Cell>& cells) {
  std::string text = "cases with a broken clause, of those played (rows write, columns read)\n";
  std::size_t width = 14;
  for (const std::string& name : testees) width = std::max(width, name.size() + 2);
  text += fmt::format("{:<{}}", "", width);
  for (const std::string& name : testees) text += fmt::format("{:>{}}", name, width);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i % testees.size() == 0) text += fmt::format("\n{:<{}}", cells[i].writer, width);
    const Statistics& s = cells[i].result.statistics;
    const std::uint64_t played = s.cases - s.Of(VerdictKind::kUnsupported);
    text += fmt::format("{:>{}}",
                        cells[i].nothing.empty()
                            ? fmt::format("{} / {}", s.Of(VerdictKind::kFalsified), played)
                            : "-",
                        width);
  }
  return text + "\n";
}

Json CellJson(const Cell& cell) {
  Json out = {{"writer", cell.writer}, {"reader", cell.reader}};
  if (!cell.nothing.empty()) {
    out["nothing"] = cell.nothing;
    return out;
  }
  const CampaignResult& r = cell.result;
  const Statistics& s = r.statistics;
  out["writer_version"] = r.writer_version;
  out["reader_version"] = r.testee_version;
  out["seconds"] = r.seconds;
  out["cases"] = s.cases;
  out["unsupported"] = s.Of(VerdictKind::kUnsupported);
  out["falsified"] = s.Of(VerdictKind::kFalsified);
  out["harness_errors"] = r.harness_errors;
  for (std::size_t i = 0; i < s.clauses.size(); ++i) {
    const ClauseOutcomes& o = s.outcomes[i];
    out["clauses"][s.clauses[i].first] = {{"held", o.held},
                                          {"refused", o.refused},
                                          {"silently_wrong", o.silently_wrong},
                                          {"otherwise_falsified", o.falsified},
                                          {"open", o.open}};
  }
  out["findings"] = Json::array();
  for (const Finding& f : r.findings) {
    out["findings"].push_back({{"clause", f.clause},
                               {"cause", f.verdict.cause},
                               {"severity", SeverityName(f.verdict.severity)},
                               {"case", f.case_path}});
  }
  return out;
}

Cell RunPair(const MatrixOptions& o, const std::string& writer, const std::string& reader,
             double seconds) {
  Cell cell{writer, reader, "", {}};
  Result<Engine> engine = MakeEngine(writer, reader);
  if (!engine) {
    cell.nothing = engine.error().message;
    return cell;
  }
  // Counting is all: findings stay as they were drawn, and no script has to show them.
  engine->run_script = nullptr;
  CampaignOptions options;
  options.cases = o.cases;
  if (o.seconds) options.seconds = seconds;
  if (!o.cases && !o.seconds) options.cases = kCasesDefault;
  options.seed = o.seed;
  options.jobs = o.jobs;
  options.shrink_seconds = 0;
  options.corpus = o.corpus + "/" + FolderName(writer + "-" + reader);
  ProgressPrinter printer;
  options.progress = [&printer](const Progress& p) { printer.Show(p); };
  cell.result = RunCampaign(*engine, options);
  printer.End();
  return cell;
}

}  // namespace

int Matrix(const MatrixOptions& given) {
  MatrixOptions o = given;
  if (o.corpus.empty()) o.corpus = DefaultCorpus() + "-matrix";
  if (Status ok = Writable(o.json); !ok) return Refuse(ok.error());
  if (Status ok = WritableFolder(o.corpus); !ok) return Refuse(ok.error());
  for (const std::string& name : o.testees) {
    Result<std::unique_ptr<Testee>> alone = MakeTestee(name);
    if (!alone) return Refuse(alone.error());
  }
  const double pairs = static_cast<double>(o.testees.size() * o.testees.size());
  std::vector<Cell> cells;
  for (const std::string& writer : o.testees) {
    for (const std::string& reader : o.testees) {
      const InterruptGuard guard;
      cells.push_back(RunPair(o, writer, reader, o.seconds.value_or(0) / pairs));
      fmt::print("{}", CellText(cells.back()));
      std::fflush(stdout);
      if (cells.back().result.interrupted) break;
    }
    if (cells.back().result.interrupted) break;
  }
  fmt::print("{}", Summary(o.testees, cells));
  int code = kExitOk;
  for (const Cell& cell : cells) code = std::max(code, cell.result.ExitCode());
  if (!o.json.empty()) {
    Json json = {{"schema", 1}, {"seed", o.seed}, {"testees", o.testees}};
    for (const Cell& cell : cells) json["pairs"].push_back(CellJson(cell));
    const std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
    if (Status s = WriteTextFile(o.json, text); !s) code = Refuse(s.error());
  }
  return code;
}

}  // namespace weightproof
