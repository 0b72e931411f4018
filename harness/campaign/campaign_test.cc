#include "harness/campaign/campaign.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/campaign/forked.h"
#include "harness/campaign/report.h"
#include "harness/campaign/toy_engine.h"

namespace weightproof {
namespace {

class Campaign : public ::testing::Test {
 protected:
  CampaignOptions Options(std::uint64_t cases, int jobs = 2) const {
    CampaignOptions options;
    options.cases = cases;
    options.jobs = jobs;
    options.corpus = folder_.path() + "/findings";
    options.shrink_seconds = 5;
    return options;
  }

  static std::string Read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  Scratch folder_;
};

TEST_F(Campaign, RunsEveryCaseOnceWhateverTheNumberOfWorkers) {
  for (const int jobs : {1, 2, 5}) {
    const CampaignResult r =
        RunCampaign(ToyEngine([](std::uint64_t) { return Held(); }), Options(1001, jobs));
    EXPECT_EQ(r.statistics.cases, 1001u);
    EXPECT_EQ(r.statistics.features.at("step:even"), 501u);
    EXPECT_EQ(r.statistics.full_power, 501u);
    EXPECT_EQ(r.statistics.Of(VerdictKind::kHeld), 1001u);
    EXPECT_EQ(r.ExitCode(), 0) << (r.harness_errors.empty() ? "" : r.harness_errors[0]);
  }
}

TEST_F(Campaign, FindsTheSameForEveryNumberOfWorkers) {
  const Engine engine = ToyEngine([](std::uint64_t i) {
    if (i % 7 == 5) return Wrong("sevens");
    return i % 11 == 3 ? Wrong("elevens") : Held();
  });
  for (const int jobs : {1, 2, 3}) {
    CampaignOptions options = Options(200, jobs);
    options.shrink_seconds = 0;
    const CampaignResult r = RunCampaign(engine, options);
    ASSERT_EQ(r.findings.size(), 2u);
    EXPECT_EQ(r.findings[0].verdict.cause, "elevens");
    EXPECT_EQ(r.findings[0].index, 3u);
    EXPECT_EQ(r.findings[1].index, 5u);
    EXPECT_EQ(r.ExitCode(), 1);
  }
}

// A real loader whose documentation has one sentence, broken by every third case under two causes.
Engine DocumentedEngine() {
  Engine engine = ToyEngine([](std::uint64_t i) {
    Verdict verdict = Wrong(i % 2 == 0 ? "even" : "odd");
    if (i % 3 == 0) verdict.breaks = "said";
    return verdict;
  });
  engine.foreign = true;
  auto table = std::make_shared<Documentation>();
  DocumentedSentence sentence;
  sentence.id = "said";
  sentence.quote = "Layers are loaded in order.";
  sentence.object = "toy.load_weights";
  sentence.why = "they are not";
  table->sentences.push_back(std::move(sentence));
  engine.documentation = std::move(table);
  engine.explain = [](const Case&, const std::string&, std::string_view) {
    Explanation e;
    e.save = e.load = "ok";
    e.said = {"warning: ```odd``` text"};
    e.landings = {{"0/kernel", "dense", "1/kernel", true, false}};
    e.first_wrong_layer = "dense";
    e.predictions_told = true;
    return e;
  };
  return engine;
}

TEST_F(Campaign, OneSentenceIsOneBugHoweverManyWaysLeadThere) {
  const CampaignResult r = RunCampaign(DocumentedEngine(), Options(60));
  ASSERT_EQ(r.findings.size(), 3u);
  EXPECT_TRUE(r.findings[0].bug());
  EXPECT_EQ(r.findings[0].the_case.weights.seed, 0u);
  EXPECT_FALSE(r.findings[1].bug());
  EXPECT_EQ(r.findings[1].verdict.cause, "even");
  EXPECT_FALSE(r.findings[2].bug());
  EXPECT_EQ(r.findings[2].verdict.cause, "odd");
  // A hazard does not shrink to a case that breaks a sentence.
  EXPECT_EQ(r.findings[1].the_case.weights.seed % 3, 2u);
}

TEST_F(Campaign, BugsAndHazardsAreTwoListsAndABugQuotesItsSentence) {
  const CampaignResult r = RunCampaign(DocumentedEngine(), Options(60));
  const std::string text = TextReport(r);
  const std::size_t bugs = text.find("bugs         1,");
  const std::size_t quote = text.find("toy.load_weights: \"Layers are loaded in order.\"");
  const std::size_t hazards = text.find("hazards      2,");
  ASSERT_NE(bugs, std::string::npos) << text;
  ASSERT_NE(hazards, std::string::npos) << text;
  EXPECT_TRUE(bugs < quote && quote < hazards) << text;
  const auto json = nlohmann::json::parse(JsonReport(r, folder_.path() + "/report.json"));
  EXPECT_EQ(json["findings"][0]["sentence"]["quote"], "Layers are loaded in order.");
  EXPECT_EQ(json["findings"][0]["bug"], true);
  EXPECT_EQ(json["findings"][1]["bug"], false);
  EXPECT_FALSE(json["findings"][1].contains("sentence"));
}

TEST_F(Campaign, EachFindingTellsInWordsWhatLandedWhere) {
  const CampaignResult r = RunCampaign(DocumentedEngine(), Options(60));
  ASSERT_FALSE(r.findings.empty());
  const auto folder = std::filesystem::path(r.findings[0].case_path).parent_path();
  const std::string report = Read((folder / "report.md").string());
  for (const char* text :
       {"A **bug**", "> Layers are loaded in order.", "`toy.load_weights`",
        "| `0/kernel` | `dense` | the saved `1/kernel` | not what belongs there |",
        "````\nwarning: ```odd``` text\n````", "first layer whose output can differ is `dense`",
        "The reader builds it in the same way."}) {
    EXPECT_TRUE(report.contains(text)) << text << "\nis not in\n" << report;
  }
  const auto about = nlohmann::json::parse(Read((folder / "finding.json").string()));
  EXPECT_EQ(about["sentence"]["object"], "toy.load_weights");
}

TEST_F(Campaign, WithoutDocumentationOfTheVersionBugsAreNotJudged) {
  Engine engine = DocumentedEngine();
  engine.documentation = nullptr;
  const CampaignResult r = RunCampaign(engine, Options(60));
  EXPECT_TRUE(TextReport(r).contains("bugs         not judged"));
  EXPECT_EQ(std::ranges::count_if(r.findings, &Finding::bug), 0);
}

TEST_F(Campaign, ShardsTogetherRunWhatOneRunsAlone) {
  std::uint64_t cases = 0;
  std::uint64_t even = 0;
  for (std::uint64_t shard = 0; shard < 3; ++shard) {
    CampaignOptions options = Options(100);
    options.shard = shard;
    options.shards = 3;
    const CampaignResult r = RunCampaign(ToyEngine([](std::uint64_t) { return Held(); }), options);
    cases += r.statistics.cases;
    even += r.statistics.features.at("step:even");
  }
  EXPECT_EQ(cases, 100u);
  EXPECT_EQ(even, 50u);
}

TEST_F(Campaign, ShrinksAFindingAndReplacesItsFile) {
  const Engine engine = ToyEngine([](std::uint64_t i) { return i >= 37 ? Wrong("big") : Held(); });
  CampaignOptions options = Options(300);
  const CampaignResult r = RunCampaign(engine, options);
  ASSERT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].the_case.weights.seed, 37u);
  EXPECT_TRUE(r.findings[0].shrunk);
  const Result<Case> kept = CaseFromJson(Read(r.findings[0].case_path));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->weights.seed, 37u);
}

TEST_F(Campaign, AWorkerThatDiesCostsOneCaseWhichIsKept) {
  const Engine engine = ToyEngine([](std::uint64_t i) {
    if (i == 40) raise(SIGKILL);  // no sanitizer turns this one into an exit
    if (i == 41) _exit(9);
    return Held();
  });
  CampaignOptions options = Options(100);
  const CampaignResult r = RunCampaign(engine, options);
  EXPECT_EQ(r.statistics.cases, 100u);
  EXPECT_EQ(r.statistics.Of(VerdictKind::kFalsified), 2u);
  ASSERT_EQ(r.findings.size(), 2u);
  EXPECT_EQ(r.findings[0].verdict.cause, "crash-SIGKILL");
  EXPECT_EQ(r.findings[0].verdict.severity, Severity::kCrash);
  EXPECT_EQ(r.findings[0].index, 40u);
  EXPECT_EQ(r.findings[1].verdict.cause, "exit-9");
  EXPECT_TRUE(r.harness_errors.empty());
}

TEST_F(Campaign, ShrinksACrash) {
  const Engine engine = ToyEngine([](std::uint64_t i) {
    if (i >= 20) raise(SIGABRT);
    return Held();
  });
  const CampaignResult r = RunCampaign(engine, Options(60));
  ASSERT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].the_case.weights.seed, 20u);
}

TEST_F(Campaign, AHungCaseIsAFindingToo) {
  const Engine engine = ToyEngine([](std::uint64_t i) {
    if (i == 8) sleep(1000);
    return Held();
  });
  CampaignOptions options = Options(20);
  options.hang_seconds = 0.3;
  options.shrink_seconds = 1;
  const CampaignResult r = RunCampaign(engine, options);
  EXPECT_EQ(r.statistics.cases, 20u);
  ASSERT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].verdict.severity, Severity::kHang);
  EXPECT_EQ(r.findings[0].index, 8u);
}

TEST_F(Campaign, CtrlCEndsWithWhatWasFound) {
  Engine engine = ToyEngine([](std::uint64_t i) {
    usleep(200);
    return i == 1 ? Wrong("one") : Held();
  });
  CampaignOptions options = Options(100'000'000);
  options.progress = [](const Progress& p) {
    if (p.findings == 1 && p.stage == "running") raise(SIGINT);
  };
  const CampaignResult r = RunCampaign(engine, options);
  EXPECT_TRUE(r.interrupted);
  EXPECT_GT(r.statistics.cases, 0u);
  ASSERT_EQ(r.findings.size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(r.findings[0].case_path));
  EXPECT_EQ(r.ExitCode(), 1);
}

TEST_F(Campaign, EndsWhenTimeIsUp) {
  CampaignOptions options = Options(0);
  options.cases.reset();
  options.seconds = 0.3;
  const CampaignResult r = RunCampaign(ToyEngine([](std::uint64_t) { return Held(); }), options);
  EXPECT_GE(r.seconds, 0.3);
  EXPECT_LT(r.seconds, 5);
  EXPECT_GT(r.statistics.cases, 10u);
}

TEST_F(Campaign, VisitsEverySmallCase) {
  CampaignOptions options = Options(0, 3);
  options.cases.reset();
  options.exhaustive = true;
  const CampaignResult r = RunCampaign(ToyEngine([](std::uint64_t i) {
                                         if (i == 77) raise(SIGKILL);
                                         return Held();
                                       }),
                                       options);
  EXPECT_EQ(r.statistics.cases, 500u);
  EXPECT_EQ(r.statistics.features.at("step:odd"), 250u);
  ASSERT_EQ(r.findings.size(), 1u);
  EXPECT_EQ(r.findings[0].index, 77u);
}

TEST_F(Campaign, NothingPassesOnNothing) {
  const auto held = [](std::uint64_t) { return Held(); };
  EXPECT_EQ(RunCampaign(ToyEngine(held), Options(0)).ExitCode(), 3);

  Engine discards = ToyEngine(held);
  discards.draw = [](std::uint64_t, std::uint64_t i) -> std::optional<Case> {
    if (i % 10 == 0) return std::nullopt;
    return ToyCase(i);
  };
  const CampaignResult r = RunCampaign(discards, Options(100));
  EXPECT_EQ(r.statistics.discarded, 10u);
  EXPECT_EQ(r.statistics.cases, 90u);
  EXPECT_EQ(r.ExitCode(), 3);

  const auto lacks = [](std::uint64_t) {
    return Verdict{VerdictKind::kUnsupported, Severity::kNone, "", ""};
  };
  EXPECT_EQ(RunCampaign(ToyEngine(lacks), Options(50)).ExitCode(), 3);

  Engine blind = ToyEngine(held);
  blind.features_due.push_back("layer:LSTM");
  EXPECT_EQ(RunCampaign(blind, Options(1999)).ExitCode(), 0);
  EXPECT_EQ(RunCampaign(blind, Options(2000)).ExitCode(), 3);

  Engine broken = ToyEngine(held);
  broken.start = []() -> Status { return Fail(ErrorKind::kBadJson, "toy", "no engine", ""); };
  EXPECT_EQ(RunCampaign(broken, Options(50)).ExitCode(), 3);

  const auto fails = [](std::uint64_t i) {
    return i == 3 ? Verdict{VerdictKind::kHarnessError, Severity::kNone, "", "lost"} : Held();
  };
  EXPECT_EQ(RunCampaign(ToyEngine(fails), Options(50)).ExitCode(), 3);
}

TEST_F(Campaign, ReportsAsJsonWithTheDocumentedKeys) {
  const Engine engine = ToyEngine([](std::uint64_t i) { return i == 4 ? Wrong("four") : Held(); });
  CampaignOptions options = Options(10);
  options.shrink_seconds = 0;
  const CampaignResult r = RunCampaign(engine, options);
  const auto json = nlohmann::json::parse(JsonReport(r, folder_.path() + "/out.json"));
  for (const char* key :
       {"schema", "version", "testee", "writer", "seed", "seconds", "interrupted", "cases",
        "discarded", "power", "full_power", "verdicts", "coverage", "findings", "round_trips",
        "worker_seconds", "worker_wall_seconds", "formats"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json.size(), 18u);
  std::uint64_t sum = 0;
  for (const auto& [kind, count] : json["verdicts"].items()) sum += count.get<std::uint64_t>();
  EXPECT_EQ(sum, json["cases"]);
  EXPECT_DOUBLE_EQ(json["power"], 0.75);
  EXPECT_EQ(json["coverage"]["step"]["even"], 5);
  const std::string place = json["findings"][0]["case"];
  EXPECT_TRUE(place.starts_with("findings/")) << place;
  EXPECT_TRUE(std::filesystem::exists(folder_.path() + "/" + place));
  EXPECT_EQ(json["findings"][0]["severity"], "silently-wrong");
  EXPECT_NE(JUnitReport(r).find("failures=\"1\""), std::string::npos);
}

// A foreign engine whose scripts show the findings of even numbers only.
Engine ForeignEngine(std::function<Verdict(std::uint64_t)> judge) {
  Engine engine = ToyEngine(std::move(judge));
  engine.foreign = true;
  engine.run_script = [](const std::string& script) {
    ScriptRun run;
    run.ended = true;
    run.exit_code = script.contains("uniform(-1, 1, (2") ? 1 : 0;
    run.text = "that is what it printed";
    return run;
  };
  engine.draw = [](std::uint64_t, std::uint64_t index) {
    Case c = ToyCase(index);
    c.probe.batch = index % 2 == 0 ? 2 : 3;
    return c;
  };
  engine.shrinks = [](const Case&) { return std::vector<Case>{}; };
  return engine;
}

TEST_F(Campaign, CountsWhatAScriptDoesNotShowAsNoFinding) {
  const CampaignResult r = RunCampaign(
      ForeignEngine([](std::uint64_t i) { return i % 6 == 5 ? Wrong("odd ones") : Held(); }),
      Options(30));
  EXPECT_TRUE(r.findings.empty());
  EXPECT_EQ(r.ExitCode(), 0) << TextReport(r);
  ASSERT_EQ(r.unreproduced.size(), 1u);
  EXPECT_EQ(r.unreproduced[0].index, 5u);
  EXPECT_NE(r.unreproduced[0].reproduction.find("that is what it printed"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(r.unreproduced[0].case_path));
  EXPECT_NE(TextReport(r).find("not reproduced by a plain script"), std::string::npos);
  EXPECT_EQ(nlohmann::json::parse(JsonReport(r, "x.json"))["unreproduced"].size(), 1u);
}

TEST_F(Campaign, TriesTheNextCaseOfAClauseAndCauseWhenAScriptDoesNotShowTheFirst) {
  const CampaignResult r = RunCampaign(
      ForeignEngine([](std::uint64_t i) { return i % 5 == 3 ? Wrong("fives") : Held(); }),
      Options(30));
  ASSERT_EQ(r.findings.size(), 1u) << TextReport(r);
  EXPECT_EQ(r.findings[0].index, 8u);
  EXPECT_TRUE(r.findings[0].reproduced);
  EXPECT_TRUE(r.unreproduced.empty());
  EXPECT_TRUE(r.first_finding_seconds.has_value());
  EXPECT_NE(FindingText(r.findings[0], "toy", "wp").find("hazard"), std::string::npos);
}

TEST_F(Campaign, TooManyUndetectableCasesOfAFormatAreAnErrorForOurLoaderOnly) {
  Engine engine = ToyEngine([](std::uint64_t i) {
    Verdict v = Held();
    if (i % 5 == 0) v.kind = VerdictKind::kUndetectable;
    return v;
  });
  EXPECT_EQ(RunCampaign(engine, Options(1500)).ExitCode(), 3);
  EXPECT_EQ(RunCampaign(engine, Options(500)).ExitCode(), 0);
  engine.foreign = true;
  EXPECT_EQ(RunCampaign(engine, Options(1500)).ExitCode(), 0);
}

TEST_F(Campaign, ZeroFindingsSaysOnlyBelowThreeOverN) {
  const CampaignResult r =
      RunCampaign(ToyEngine([](std::uint64_t) { return Held(); }), Options(3000));
  EXPECT_NE(TextReport(r).find("0 of 3,000 says only: below 0.001"), std::string::npos)
      << TextReport(r);
}

}  // namespace
}  // namespace weightproof
