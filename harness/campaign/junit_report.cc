#include <fmt/core.h>

#include "harness/campaign/report.h"

namespace weightproof {
namespace {

std::string XmlEscape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML 1.0 has no way to write other control characters.
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

}  // namespace

std::string JUnitReport(const CampaignResult& r) {
  std::string cases;
  std::size_t failed = 0;
  for (const auto& [clause, counts] : r.statistics.clauses) {
    std::string failure;
    for (const Finding& f : r.findings) {
      if (f.clause != clause) continue;
      failure +=
          "      " +
          XmlEscape(f.verdict.cause + ": " + OneLine(f.verdict.evidence) + " " + f.case_path) +
          "\n";
    }
    cases += fmt::format("    <testcase classname=\"weightproof.{}\" name=\"{}\"",
                         XmlEscape(r.testee), XmlEscape(clause));
    if (failure.empty()) {
      cases += "/>\n";
      continue;
    }
    ++failed;
    cases += fmt::format(
        ">\n      <failure message=\"{} falsified\">\n{}      </failure>\n"
        "    </testcase>\n",
        counts[static_cast<std::size_t>(VerdictKind::kFalsified)], failure);
  }
  cases += fmt::format("    <testcase classname=\"weightproof.{}\" name=\"harness\"",
                       XmlEscape(r.testee));
  if (r.harness_errors.empty()) {
    cases += "/>\n";
  } else {
    cases += ">\n";
    for (const std::string& error : r.harness_errors) {
      cases += "      <error message=\"" + XmlEscape(OneLine(error)) + "\"/>\n";
    }
    cases += "    </testcase>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"weightproof {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
      "time=\"{:.3f}\">\n{}  </testsuite>\n</testsuites>\n",
      XmlEscape(r.testee), r.statistics.clauses.size() + 1, failed,
      r.harness_errors.empty() ? 0 : 1, r.seconds, cases);
}

}  // namespace weightproof
