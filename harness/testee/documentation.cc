#include "harness/testee/documentation.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "harness/case/json_fields.h"

namespace weightproof {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTableBytesMax = std::size_t{1} << 20;
constexpr std::size_t kSentencesMax = 256;
constexpr std::size_t kWordsMax = 32;
constexpr std::size_t kQuoteBytesMax = 1000;
constexpr std::size_t kQuoteBytesMin = 20;  // fewer say nothing

bool Matches(std::string_view pattern, std::string_view cause) {
  if (!pattern.ends_with('*')) return pattern == cause;
  return cause.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool Has(std::span<const std::string> facts, std::string_view fact) {
  return std::ranges::find(facts, fact) != facts.end();
}

bool Fits(const DocumentedSentence& sentence, std::string_view clause, std::string_view cause,
          std::span<const std::string> facts) {
  const auto there = [&](const std::string& fact) { return Has(facts, fact); };
  return Has(sentence.clauses, clause) &&
         std::ranges::any_of(sentence.causes,
                             [&](const std::string& pattern) { return Matches(pattern, cause); }) &&
         std::ranges::all_of(sentence.all, there) &&
         (sentence.any.empty() || std::ranges::any_of(sentence.any, there)) &&
         std::ranges::none_of(sentence.none, there);
}

// One line of words and single blanks, so that it can be printed and compared.
bool IsPlainText(std::string_view text) {
  return !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ") &&
         std::ranges::none_of(text, [](unsigned char c) { return std::iscntrl(c) != 0; });
}

DocumentedSentence ReadSentence(JsonFields& fields) {
  DocumentedSentence s;
  fields.Text("id", s.id, true);
  fields.Text("quote", s.quote, true);
  fields.Text("object", s.object, true);
  fields.Text("why", s.why, true);
  fields.Texts("clauses", kWordsMax, s.clauses, true);
  fields.Texts("causes", kWordsMax, s.causes, true);
  fields.Texts("all", kWordsMax, s.all);
  fields.Texts("any", kWordsMax, s.any);
  fields.Texts("none", kWordsMax, s.none);
  fields.Bool("permits", s.permits);
  fields.Done();
  for (const auto& [key, text] :
       {std::pair("id", &s.id), std::pair("object", &s.object), std::pair("why", &s.why)}) {
    if (text->empty() || !IsPlainText(*text)) fields.Wrong(key, "one line of text is due here");
  }
  if (s.quote.size() < kQuoteBytesMin || s.quote.size() > kQuoteBytesMax || !IsPlainText(s.quote)) {
    fields.Wrong("quote", "a sentence on one line is due here, single blanks between its words");
  }
  if (s.clauses.empty()) fields.Wrong("clauses", "a sentence that no clause breaks says nothing");
  if (s.causes.empty()) fields.Wrong("causes", "a sentence that no cause breaks says nothing");
  return s;
}

}  // namespace

const DocumentedSentence* Documentation::Broken(std::string_view clause, std::string_view cause,
                                                std::span<const std::string> facts) const {
  for (const DocumentedSentence& sentence : sentences) {
    if (!sentence.permits && Fits(sentence, clause, cause, facts)) return &sentence;
  }
  return nullptr;
}

bool Documentation::Permits(std::string_view clause, std::string_view cause,
                            std::span<const std::string> facts) const {
  return std::ranges::any_of(sentences, [&](const DocumentedSentence& sentence) {
    return sentence.permits && Fits(sentence, clause, cause, facts);
  });
}

const DocumentedSentence* Documentation::Find(std::string_view id) const {
  const auto found = std::ranges::find(sentences, id, &DocumentedSentence::id);
  return found != sentences.end() ? &*found : nullptr;
}

Result<Documentation> DocumentationFromJson(std::string_view json, const std::string& place) {
  const Result<Json> parsed = ParseJson(json, place, kTableBytesMax);
  if (!parsed) return std::unexpected(parsed.error());
  const JsonPlace root{nullptr, place};
  JsonFields fields(*parsed, root);
  Documentation table;
  int schema = 0;
  fields.Int("schema", 1, 1, schema, true);
  fields.Text("library", table.library, true);
  fields.Text("version", table.version, true);
  const Json* list = fields.Find("sentences", true);
  fields.Done();
  if (!fields.ok()) return std::unexpected(std::move(fields).error());

  const JsonPlace there{&root, "sentences"};
  const auto sentences = ReadArray(*list, there, kSentencesMax);
  if (!sentences) return std::unexpected(sentences.error());
  std::set<std::string> ids;
  for (std::size_t i = 0; i < (*sentences)->size(); ++i) {
    const JsonPlace here{&there, "", i, true};
    JsonFields one((**sentences)[i], here);
    DocumentedSentence sentence = ReadSentence(one);
    if (!ids.insert(sentence.id).second) one.Wrong("id", "another sentence has this id");
    if (!one.ok()) return std::unexpected(std::move(one).error());
    table.sentences.push_back(std::move(sentence));
  }
  return table;
}

Result<Documentation> ReadDocumentation(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return Fail(ErrorKind::kPathUnreadable, path, "the table of documented sentences is not there",
                "restore it, or name the folder of the workers with WEIGHTPROOF_WORKERS");
  }
  std::string text;
  std::istreambuf_iterator<char> from(in);
  for (; from != std::istreambuf_iterator<char>() && text.size() <= kTableBytesMax; ++from) {
    text += *from;
  }
  return DocumentationFromJson(text, path);
}

}  // namespace weightproof
