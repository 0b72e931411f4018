#include "harness/testee/documentation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/case/generate.h"

namespace weightproof {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kTable = R"({"schema": 1, "library": "toy", "version": "2.0", "sentences": [
  {"id": "first", "object": "toy.load", "quote": "Weights of other layers are skipped.",
   "why": "they are not", "clauses": ["loud-or-right"], "causes": ["refused-*", "half"],
   "all": ["mode:by_name", "file:as-saved"], "any": ["format:a", "format:b"], "none": ["said:x"]},
  {"id": "second", "object": "toy.save", "quote": "The file is never replaced unasked.",
   "why": "it was", "clauses": ["loud-or-right", "round-trips"], "causes": ["half"]}]})";

Documentation Table() {
  Result<Documentation> table = DocumentationFromJson(kTable, "table");
  EXPECT_TRUE(table) << table.error().Text();
  return table ? *std::move(table) : Documentation{};
}

std::string Broken(const char* clause, const char* cause, const Texts& facts) {
  static const Documentation table = Table();
  const DocumentedSentence* sentence = table.Broken(clause, cause, facts);
  return sentence != nullptr ? sentence->id : "";
}

TEST(Documentation, ASentenceIsBrokenWhenClauseCauseAndAllFactsFit) {
  EXPECT_EQ(Broken("loud-or-right", "half", {"mode:by_name", "file:as-saved", "format:b"}),
            "first");
  EXPECT_EQ(Broken("loud-or-right", "refused-E", {"mode:by_name", "file:as-saved", "format:a"}),
            "first");
}

TEST(Documentation, OneMissingFactIsEnoughForAHazard) {
  EXPECT_EQ(Broken("loud-or-right", "refused-E", {"mode:by_name", "format:a"}), "");
  EXPECT_EQ(Broken("loud-or-right", "refused-E", {"mode:by_name", "file:as-saved"}), "");
  EXPECT_EQ(
      Broken("loud-or-right", "refused-E", {"mode:by_name", "file:as-saved", "format:a", "said:x"}),
      "");
  EXPECT_EQ(Broken("loud-or-right", "refuse", {"mode:by_name", "file:as-saved", "format:a"}), "");
  EXPECT_EQ(Broken("saving-repeats", "half", {}), "");
}

TEST(Documentation, TheFirstSentenceThatFitsIsTaken) {
  EXPECT_EQ(Broken("loud-or-right", "half", {"mode:by_name", "file:as-saved", "format:a"}),
            "first");
  EXPECT_EQ(Broken("loud-or-right", "half", {"mode:by_name"}), "second");
  EXPECT_EQ(Broken("round-trips", "half", {"mode:by_name", "file:as-saved", "format:a"}), "second");
}

TEST(Documentation, WhatASentencePermitsIsNeverBroken) {
  std::string text = kTable;
  const std::string_view last = R"("causes": ["half"]})";
  text.insert(text.find(last) + last.size() - 1, R"(, "permits": true)");
  const Result<Documentation> table = DocumentationFromJson(text, "table");
  ASSERT_TRUE(table) << table.error().Text();
  EXPECT_TRUE(table->Permits("round-trips", "half", Texts{}));
  EXPECT_FALSE(table->Permits("round-trips", "other", Texts{}));
  EXPECT_EQ(table->Broken("round-trips", "half", Texts{}), nullptr);
}

std::string Edited(std::string_view from, std::string_view to) {
  std::string text = kTable;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Documentation, ATableThatIsWrongIsRefusedWithTheWrongPlace) {
  const auto place = [](const std::string& text) {
    const Result<Documentation> table = DocumentationFromJson(text, "table");
    return table ? std::string("accepted") : table.error().place;
  };
  EXPECT_EQ(place("[]"), "table:");
  EXPECT_EQ(place(Edited("\"schema\": 1", "\"schema\": 2")), "table:/schema");
  EXPECT_EQ(place(Edited("\"library\": \"toy\"", "\"library\": 3")), "table:/library");
  EXPECT_EQ(place(Edited("\"id\": \"second\"", "\"id\": \"first\"")), "table:/sentences/1/id");
  EXPECT_EQ(place(Edited("other layers are", "other\\nlayers are")), "table:/sentences/0/quote");
  EXPECT_EQ(place(Edited("Weights of other layers are skipped.", "")), "table:/sentences/0/quote");
  EXPECT_EQ(place(Edited("\"causes\": [\"half\"]", "\"causes\": []")), "table:/sentences/1/causes");
  EXPECT_EQ(place(Edited("\"causes\": [\"half\"]", "\"causes\": [1]")).substr(0, 25),
            "table:/sentences/1/causes");
  EXPECT_EQ(place(Edited("\"none\"", "\"nor\"")).substr(0, 18), "table:/sentences/0");
  EXPECT_EQ(place(std::string(2 << 20, ' ')), "table");
}

TEST(Documentation, AFileThatIsNotThereIsNamed) {
  const Result<Documentation> table = ReadDocumentation("/nowhere/promises.json");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().kind, ErrorKind::kPathUnreadable);
  EXPECT_EQ(table.error().place, "/nowhere/promises.json");
}

// A fact that nothing ever states, or a clause that there is not, would make a sentence dead.
class WorkersTable : public ::testing::TestWithParam<const char*> {};

TEST_P(WorkersTable, NamesOnlyFactsThatObservationsHave) {
  const Result<Documentation> table = ReadDocumentation(
      WEIGHTPROOF_SOURCE_DIR "/harness/workers/promises_" + std::string(GetParam()) + ".json");
  ASSERT_TRUE(table) << table.error().Text();
  EXPECT_EQ(table->library, GetParam());
  EXPECT_GE(table->sentences.size(), 8u);
  std::set<std::string> known;
  Space space;
  space.hostile = {"external_link", "soft_link", "external_storage", "virtual",
                   "huge",          "bomb",      "traversal",        "config"};
  for (std::string& feature : AllFeatures(space)) known.insert(std::move(feature));
  for (const char* fact : {"mode:model",
                           "model:same",
                           "model:other",
                           "file:as-saved",
                           "file:changed",
                           "load:ok",
                           "load:refused",
                           "said:nothing",
                           "said:something",
                           "container:sequential",
                           "container:functional",
                           "container:subclass",
                           "container:mixed",
                           "weighted:same",
                           "weighted:reshaped",
                           "weighted:recounted",
                           "weighted:added",
                           "weighted:removed",
                           "weighted:other",
                           "weightless:same",
                           "weightless:other",
                           "loaded:right",
                           "loaded:wrong",
                           "save:ok",
                           "step:compile",
                           "step:own_state",
                           "step:lora",
                           "layer:IntegerLookup",
                           "step:vocabulary:set",
                           "compiled:alike",
                           "uncompiled:ok",
                           "own:same",
                           "own:other",
                           "step:keep:set",
                           "step:keep:lists"}) {
    known.insert(fact);
  }
  const std::set<std::string> clauses{"round-trips", "loud-or-right", "path-never-matters",
                                      "load-stays-home", "accounts-for-everything"};
  for (const DocumentedSentence& sentence : table->sentences) {
    for (const Texts* facts : {&sentence.all, &sentence.any, &sentence.none}) {
      for (const std::string& fact : *facts) {
        EXPECT_TRUE(known.contains(fact)) << sentence.id << ": " << fact;
      }
    }
    for (const std::string& clause : sentence.clauses) {
      EXPECT_TRUE(clauses.contains(clause)) << sentence.id << ": " << clause;
    }
  }
}

TEST_P(WorkersTable, QuotesNoSentenceTwice) {
  const Result<Documentation> table = ReadDocumentation(
      WEIGHTPROOF_SOURCE_DIR "/harness/workers/promises_" + std::string(GetParam()) + ".json");
  ASSERT_TRUE(table) << table.error().Text();
  std::set<std::string> quotes;
  for (const DocumentedSentence& sentence : table->sentences) {
    const std::string once = (sentence.permits ? "permits " : "breaks ") + sentence.quote;
    EXPECT_TRUE(quotes.insert(once).second) << sentence.id;
  }
}

INSTANTIATE_TEST_SUITE_P(Libraries, WorkersTable, ::testing::Values("keras", "tf_keras"));

}  // namespace
}  // namespace weightproof
