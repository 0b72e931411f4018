#include "harness/campaign/finding.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "harness/campaign/finding_report.h"
#include "harness/campaign/reproduce.h"
#include "harness/campaign/text_file.h"
#include "model/tensor.h"

namespace weightproof {
namespace {

constexpr std::size_t kSlugMax = 60;

// Letters, digits and single dashes.
std::string Slug(std::string_view text) {
  std::string slug;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) {
      slug += c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  slug.resize(std::min(slug.size(), kSlugMax));
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug;
}

}  // namespace

std::string FindingId(const std::string& clause, const std::string& cause, const Case& drawn) {
  const std::string text = clause + "\n" + cause + "\n" + CaseToJson(drawn, -1);
  const Digest digest = TensorDigest(DType::kUInt8, Shape{static_cast<std::int64_t>(text.size())},
                                     std::as_bytes(std::span(text.data(), text.size())));
  return Slug(clause) + "-" + Slug(cause) + "-" + DigestHex(digest).substr(0, 8);
}

Status WriteFinding(const std::string& corpus, const Engine& engine, Finding& finding) {
  const std::filesystem::path folder = std::filesystem::path(corpus) / finding.id;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Fail(ErrorKind::kPathUnwritable, folder.string(), error.message(),
                "name a folder that can be written to with --corpus");
  }
  nlohmann::json about = {{"clause", finding.clause},
                          {"cause", finding.verdict.cause},
                          {"severity", std::string(SeverityName(finding.verdict.severity))},
                          {"evidence", finding.verdict.evidence},
                          {"testee", engine.testee},
                          {"version", engine.testee_version},
                          {"writer", engine.writer.empty() ? engine.testee : engine.writer},
                          {"index", finding.index},
                          {"shrunk", finding.shrunk},
                          {"repeats", finding.repeats}};
  if (engine.foreign) {
    about["bug"] = finding.bug();
    if (finding.bug()) about["sentence"] = SentenceToJson(*finding.sentence);
    about["reproduced"] = finding.reproduced;
    about["reproduction"] = finding.reproduction;
    about["features"] = finding.features;
    about["formats"] = finding.formats;
  }
  const std::string text =
      about.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  finding.case_path = (folder / "case.json").string();
  if (Status s = WriteTextFile(finding.case_path, CaseToJson(finding.the_case) + "\n"); !s)
    return s;
  if (Status s = WriteTextFile((folder / "finding.json").string(), text); !s) return s;
  const std::string report = FindingReport(engine, finding);
  if (Status s = WriteTextFile((folder / "report.md").string(), report); !s) return s;
  // A plain script plays one library.
  const bool one_library = engine.writer.empty() || engine.writer == engine.testee;
  const std::string script =
      engine.foreign && one_library ? ScriptOf(finding, engine.testee_backend) : "";
  if (!script.empty()) return WriteTextFile((folder / "reproduce.py").string(), script);
  std::filesystem::remove(folder / "reproduce.py", error);
  return {};
}

void RemoveFinding(const std::string& corpus, const Finding& finding) {
  std::error_code ignored;
  if (!finding.id.empty()) {
    std::filesystem::remove_all(std::filesystem::path(corpus) / finding.id, ignored);
  }
}

}  // namespace weightproof
