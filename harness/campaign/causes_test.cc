// Causes of a real loader's falsified cases: told apart, counted, known.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "harness/campaign/campaign.h"
#include "harness/campaign/forked.h"
#include "harness/campaign/report.h"
#include "harness/campaign/shrink.h"
#include "harness/campaign/signature.h"
#include "harness/campaign/toy_engine.h"
#include "harness/campaign/worker.h"
#include "harness/case/json.h"

namespace weightproof {
namespace {

Step StepOf(StepOp op) {
  Step step;
  step.op = op;
  if (op == StepOp::kStray) step.class_name = "Dense";
  return step;
}

// Bit 0 of the index: a stray layer on the reader's side; bit 1: a frozen one on the writer's;
// bit 2: loaded by name; bit 3: a name, which has nothing to do with anything.
Case DrawnCase(std::uint64_t index) {
  Case c = ToyCase(index);
  c.route.path.text = "m.h5";
  if ((index & 1) != 0) c.reader.build.insert(c.reader.build.begin(), StepOf(StepOp::kStray));
  if ((index & 2) != 0) c.writer.build.insert(c.writer.build.begin(), StepOf(StepOp::kFreeze));
  c.route.by_name = (index & 4) != 0;
  if ((index & 8) != 0) {
    Step name = StepOf(StepOp::kName);
    name.name = "a";
    c.reader.build.insert(c.reader.build.begin(), name);
  }
  return c;
}

bool Has(const Build& build, StepOp op) {
  return std::ranges::find(build, op, &Step::op) != build.end();
}

// Wrong for either of two reasons under one verdict: a stray layer and a load by name, or a freeze.
Verdict TwoCauses(const Case& c) {
  const bool stray = Has(c.reader.build, StepOp::kStray) && c.route.by_name;
  return stray || Has(c.writer.build, StepOp::kFreeze) ? Wrong("differs") : Held();
}

std::vector<Case> Simpler(const Case& c) {
  std::vector<Case> out;
  for (const bool reader : {false, true}) {
    const Build& build = reader ? c.reader.build : c.writer.build;
    for (std::size_t i = 0; i < build.size(); ++i) {
      if (build[i].op == StepOp::kAssemble) continue;
      Case next = c;
      Build& shorter = reader ? next.reader.build : next.writer.build;
      shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
      out.push_back(std::move(next));
    }
  }
  if (c.route.by_name) {
    out.push_back(c);
    out.back().route.by_name = false;
  }
  return out;
}

Engine TwoCausesEngine(int* scripts = nullptr) {
  Engine engine = ToyEngine([](std::uint64_t) { return Held(); });
  engine.foreign = true;
  engine.draw = [](std::uint64_t, std::uint64_t index) { return DrawnCase(index); };
  engine.shrinks = Simpler;
  engine.run = [](const Case& c, const std::string&) {
    CaseResult result;
    result.clauses = {{"round-trips", TwoCauses(c)}, {"loud-or-right", {}}};
    result.overall = result.clauses[0].verdict.kind;
    result.round_trips = 1;
    return result;
  };
  engine.ask = [](const Case& c, const std::string&, std::string_view) { return TwoCauses(c); };
  engine.run_script = [scripts](const std::string&) {
    if (scripts != nullptr) ++*scripts;
    ScriptRun run;
    run.ended = true;
    run.exit_code = 1;
    return run;
  };
  return engine;
}

class Causes : public ::testing::Test {
 protected:
  CampaignOptions Options(std::uint64_t cases, int jobs = 2) const {
    CampaignOptions options;
    options.cases = cases;
    options.jobs = jobs;
    options.corpus = folder_.path() + "/findings";
    return options;
  }
  Scratch folder_;
};

TEST_F(Causes, OfOneVerdictAreToldApartByWhatIsLeftAfterShrinking) {
  int scripts = 0;
  const CampaignResult r = RunCampaign(TwoCausesEngine(&scripts), Options(64));
  ASSERT_EQ(r.findings.size(), 2u) << TextReport(r);
  std::vector<std::vector<std::string>> features;
  for (const Finding& f : r.findings) features.push_back(f.features);
  std::ranges::sort(features);
  EXPECT_EQ(features[0], (std::vector<std::string>{"mode:by_name", "one:stray"}));
  EXPECT_EQ(features[1], std::vector<std::string>{"one:freeze"});
  EXPECT_EQ(scripts, 2) << "one script for each cause";
  std::uint64_t again = 0;
  for (const Finding& f : r.findings) again += f.seen_again;
  EXPECT_GT(again, 8u) << "repeats are counted";
  EXPECT_TRUE(r.unreproduced.empty());
}

TEST_F(Causes, AreTheSameForEveryNumberOfWorkers) {
  std::vector<std::string> first;
  for (const int jobs : {1, 2, 3, 5}) {
    const CampaignResult r = RunCampaign(TwoCausesEngine(), Options(300, jobs));
    std::vector<std::string> all;
    for (const Finding& f : r.findings) {
      all.push_back(f.id + CaseToJson(f.the_case, -1) + std::to_string(f.index) + " " +
                    std::to_string(f.seen_again));
    }
    if (first.empty()) first = all;
    EXPECT_EQ(all, first) << jobs;
  }
  EXPECT_EQ(first.size(), 2u);
}

// The second cause is drawn only together with the first one's features.
TEST_F(Causes, HiddenBehindAKnownOneGetTheirChance) {
  Engine engine = TwoCausesEngine();
  engine.draw = [](std::uint64_t, std::uint64_t index) {
    return DrawnCase(index == 0 ? 2 : index % 2 == 0 ? 7 : 0);
  };
  const CampaignResult r = RunCampaign(engine, Options(20));
  EXPECT_EQ(r.findings.size(), 2u) << TextReport(r);
}

TEST_F(Causes, ThatAreKnownDoNotFailTheRunAndNewOnesDo) {
  const CampaignResult first = RunCampaign(TwoCausesEngine(), Options(64));
  ASSERT_EQ(first.findings.size(), 2u);
  CampaignOptions options = Options(64);
  options.known = {KnownOf(first.findings[0]), KnownOf(first.findings[1])};
  const CampaignResult known = RunCampaign(TwoCausesEngine(), options);
  EXPECT_EQ(known.known.size(), 2u);
  EXPECT_TRUE(known.findings.empty()) << TextReport(known);
  EXPECT_EQ(known.ExitCode(), 0);
  options.known.pop_back();
  const CampaignResult half = RunCampaign(TwoCausesEngine(), options);
  EXPECT_EQ(half.findings.size(), 1u);
  EXPECT_EQ(half.ExitCode(), 1);
}

TEST_F(Causes, ThatAreKnownAndHoldNowFailTheRun) {
  const CampaignResult first = RunCampaign(TwoCausesEngine(), Options(64));
  CampaignOptions options = Options(64);
  for (const Finding& f : first.findings) options.known.push_back(KnownOf(f));
  Engine mended = TwoCausesEngine();
  mended.ask = [](const Case&, const std::string&, std::string_view) { return Held(); };
  mended.run = [](const Case&, const std::string&) {
    CaseResult result;
    result.clauses = {{"round-trips", Held()}, {"loud-or-right", {}}};
    result.overall = VerdictKind::kHeld;
    return result;
  };
  const CampaignResult r = RunCampaign(mended, options);
  EXPECT_EQ(r.healed.size(), 2u);
  EXPECT_EQ(r.ExitCode(), 1);
  EXPECT_NE(TextReport(r).find("healed"), std::string::npos);
}

TEST_F(Causes, ThatAreKnownAreNotHealedByAReplayThatFails) {
  const CampaignResult first = RunCampaign(TwoCausesEngine(), Options(64));
  CampaignOptions options = Options(64);
  for (const Finding& f : first.findings) options.known.push_back(KnownOf(f));
  Engine broken = TwoCausesEngine();
  broken.ask = [](const Case&, const std::string&, std::string_view) {
    return Verdict{VerdictKind::kHarnessError, Severity::kNone, "", "the worker does not start"};
  };
  const CampaignResult r = RunCampaign(broken, options);
  EXPECT_TRUE(r.healed.empty());
  EXPECT_EQ(r.harness_errors.size(), 2u);
  EXPECT_EQ(r.ExitCode(), 3);
}

TEST_F(Causes, WhatOnlySharedSessionsFalsifyIsNotCounted) {
  Engine engine = TwoCausesEngine();
  engine.shares = true;
  engine.ask = [](const Case&, const std::string&, std::string_view) { return Held(); };
  engine.round_trips_asked = [] { return 3; };
  const CampaignResult r = RunCampaign(engine, Options(64));
  EXPECT_EQ(r.statistics.round_trips,
            RunCampaign(TwoCausesEngine(), Options(64)).statistics.round_trips + 40 * 3);
  EXPECT_TRUE(r.findings.empty());
  EXPECT_TRUE(r.unreproduced.empty());
  EXPECT_EQ(r.statistics.Of(VerdictKind::kFalsified), 0u);
  EXPECT_EQ(r.statistics.only_shared, 40u);
}

TEST_F(Causes, ThatAreKnownAreNotAskedAloneAgain) {
  const CampaignResult first = RunCampaign(TwoCausesEngine(), Options(64));
  ASSERT_EQ(first.findings.size(), 2u);
  Engine engine = TwoCausesEngine();
  engine.shares = true;
  CampaignOptions options = Options(64);
  for (const Finding& f : first.findings) options.known.push_back(KnownOf(f));
  const std::string log = folder_.path() + "/asked";  // by workers too, in processes of their own
  engine.ask = [ask = engine.ask, log](const Case& c, const std::string& scratch,
                                       std::string_view clause) {
    std::ofstream(log, std::ios::app) << '.';
    return ask(c, scratch, clause);
  };
  options.shrink_seconds = 0;
  const auto asked = [&] {
    std::filesystem::remove(log);
    const CampaignResult r = RunCampaign(engine, options);
    EXPECT_TRUE(r.healed.empty());
    return std::filesystem::file_size(log);
  };
  EXPECT_EQ(asked(), 2u) << "replayed";
  options.known.pop_back();
  EXPECT_GT(asked(), 4u);
}

TEST_F(Causes, AFamilyStaysWithOneWorker) {
  CampaignOptions options;
  options.shards = 2;
  options.shard = 1;
  std::vector<std::uint64_t> seen;
  for (int worker = 0; worker < 3; ++worker) {
    for (std::uint64_t k = 0; k < 16; ++k) {
      seen.push_back(CaseIndex(options, worker, 3, k, 8));
      EXPECT_EQ(seen.back() / 8, CaseIndex(options, worker, 3, k / 8 * 8, 8) / 8);
    }
  }
  std::ranges::sort(seen);
  EXPECT_TRUE(std::ranges::adjacent_find(seen) == seen.end());
  EXPECT_EQ(seen.front(), 8u);
}

TEST(ShrinkHere, DoesNotAskTwiceAboutOneCaseNorWhereTheClauseHasNoQuestion) {
  std::map<std::string, int> asked;
  Engine engine = TwoCausesEngine();
  engine.ask = [&](const Case& c, const std::string&, std::string_view) {
    ++asked[CaseToJson(c, -1)];
    return TwoCauses(c);
  };
  engine.may_falsify = [](const Case& c, std::string_view, const Verdict&) {
    return !Has(c.reader.build, StepOp::kName) || c.route.by_name;
  };
  const ShrinkResult r = ShrinkHere(engine, DrawnCase(15), "round-trips", Wrong("differs"), 60);
  EXPECT_TRUE(r.finished);
  EXPECT_EQ(SignatureText(SignatureOf(r.best)), "mode:by_name, one:stray");
  for (const auto& [text, times] : asked) {
    EXPECT_EQ(times, 1) << text;
    EXPECT_FALSE(text.contains("\"op\":\"name\"") && !text.contains("by_name")) << text;
  }
}

TEST(ShrinkHere, TakesNoCaseThatMayRepeatAKnownCause) {
  const ShrinkResult r = ShrinkHere(TwoCausesEngine(), DrawnCase(7), "round-trips",
                                    Wrong("differs"), 60, {{"one:freeze"}});
  EXPECT_EQ(SignatureText(SignatureOf(r.best)), "mode:by_name, one:stray");
  const ShrinkResult none = ShrinkHere(TwoCausesEngine(), DrawnCase(2), "round-trips",
                                       Wrong("differs"), 60, {{"one:freeze"}});
  EXPECT_EQ(none.taken, 0);
}

TEST(ShrinkHere, AsksAloneWhatCandidatesThatShareHaveLedTo) {
  Engine engine = TwoCausesEngine();
  engine.sift = [](const Case&, const std::string&, std::string_view) { return Wrong("differs"); };
  const ShrinkResult r = ShrinkHere(engine, DrawnCase(15), "round-trips", Wrong("differs"), 60);
  EXPECT_EQ(TwoCauses(r.best).kind, VerdictKind::kFalsified);
  EXPECT_TRUE(r.finished);
}

TEST(Known, IsWrittenAndReadTheSameAndRefusesAnotherTestee) {
  const Scratch folder;
  KnownFinding one;
  one.clause = "round-trips";
  one.cause = "variable-differs";
  one.severity = Severity::kSilentlyWrong;
  one.evidence = "it differs";
  one.signature = {"both:nest", "one:freeze"};
  one.formats = {"legacy_h5_model"};
  one.the_case = DrawnCase(7);
  KnownFinding crash = one;
  crash.clause = "loud-or-right";
  crash.severity = Severity::kCrash;
  crash.id = "loud-or-right-crash-1234";
  const std::string path = folder.path() + "/known.json";
  const std::string text = KnownToJson(std::vector{one, crash}, "keras", "3.15.1");
  std::ofstream(path) << text;
  const auto read = ReadKnown(path, "keras", "3.15.1");
  ASSERT_TRUE(read) << read.error().Text();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_FALSE((*read)[0].the_case.has_value()) << "the case of a crash stays out";
  EXPECT_EQ((*read)[0].id, crash.id);
  EXPECT_EQ((*read)[1].the_case, one.the_case);
  EXPECT_EQ((*read)[1].signature, one.signature);
  EXPECT_EQ(KnownToJson(*read, "keras", "3.15.1"), text);
  EXPECT_FALSE(ReadKnown(path, "tf_keras", "3.15.1"));
  EXPECT_FALSE(ReadKnown(path, "keras", "3.15.2"));
  EXPECT_FALSE(ReadKnown(folder.path() + "/absent.json", "keras", "3.15.1"));
  std::ofstream(path) << text.substr(0, text.size() / 2);
  EXPECT_FALSE(ReadKnown(path, "keras", "3.15.1"));
}

TEST(Known, LiesInAFileOfItsTesteeAndVersion) {
  EXPECT_EQ(KnownFileName("keras", "3.15.1"), "keras-3.15.1.json");
  EXPECT_EQ(KnownFileName("keras@3.10.0", "3.10.0"), "keras-3.10.0.json");
  EXPECT_EQ(KnownFileName("keras:jax", "3.15.1"), "keras-jax-3.15.1.json");
  EXPECT_EQ(KnownFileName("worker:python3 w.py", "1"), "");
}

TEST(Signature, NamesWhatIsParticularAndNotTheFormat) {
  Case c = DrawnCase(0);
  EXPECT_EQ(SignatureText(SignatureOf(c)), "plain");
  c.route.format = RouteFormat::kWeightsH5;
  c.route.path.text = "m.weights.h5";
  EXPECT_EQ(SignatureText(SignatureOf(c)), "plain");
  Step insert = StepOf(StepOp::kInsert);
  insert.spec = LayerSpec{};
  insert.spec->class_name = "Dropout";
  c.reader.build.insert(c.reader.build.begin(), insert);
  c.reader.build.back().how = AssembleHow::kSubclass;
  Step nest = StepOf(StepOp::kNest);
  nest.end = 1;
  for (Side* side : {&c.writer, &c.reader}) side->build.insert(side->build.begin(), nest);
  EXPECT_EQ(SignatureText(SignatureOf(c)),
            "assemble:list/subclass, both:nest, one:insert weightless");
  EXPECT_TRUE(MayRepeat({"both:nest"}, SignatureOf(c)));
  EXPECT_FALSE(MayRepeat({"one:nest"}, SignatureOf(c)));
}

}  // namespace
}  // namespace weightproof
