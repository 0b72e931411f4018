// The falsified cases of a campaign: one of each cause, shrunk, and for a real loader shown by a
// plain script before it counts.
//
// Cases of one clause and verdict (its cause, or the documented sentence that it breaks) are a
// group. Of our own loader a group is one finding, and so is a sentence of a real one. Its hazards
// are told apart by what is left after shrinking (signature.h):
//
//   case falsified --> may repeat a cause that is known? --no--> shrink -> signature -> script
//                          | yes: counted
//                          +-- the 1st, 2nd, 4th, 8th ... repeat: does it fail without what the
//                              known cause needs? Then it is another one.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/campaign/campaign.h"
#include "harness/campaign/known.h"
#include "harness/campaign/signature.h"
#include "harness/campaign/worker.h"

namespace weightproof {

// Cases of one signature whose scripts are tried: the first one's need not show what the harness
// saw.
inline constexpr std::size_t kScriptsPerCauseMax = 4;
inline constexpr std::size_t kScriptsPerGroupMax = 12;  // that showed nothing
inline constexpr std::size_t kLooksMax = 6;             // at repeats of one cause

class Findings {
 public:
  using Say = std::function<void(const std::string& stage)>;

  Findings(const Engine& engine, const CampaignOptions& options)
      : engine_(engine), options_(options) {}

  // A cause that is known and was falsified again: its repeats are counted.
  void Seed(const KnownFinding& known);

  // On disk when this returns.
  void Take(WorkerLine line);

  // Shrinks and checks the most telling case that waits for it; false: none does.
  bool SettleOne(double shrink_seconds, const Say& say);

  // Those that still wait go without shrinking or checking.
  void MoveTo(CampaignResult& result);

  std::size_t size() const;  // found; of a real loader, shown

 private:
  // Clause, cause and no sentence; or clause, no cause and the sentence that it breaks: however
  // many ways lead there, it is one bug.
  using Key = std::tuple<std::string, std::string, std::string>;
  static Key KeyOf(const std::string& clause, const std::string& cause, const std::string& breaks);

  struct Waiting {
    Finding finding;
    Signature signature;  // as drawn
    bool look = false;    // a repeat that may hide another cause
  };
  struct Cause {
    Signature signature;
    Finding finding;
    std::size_t looks = 0;
  };
  struct NotShown {
    Signature signature;
    Finding finding;
    std::size_t scripts = 0;
  };
  struct Group {
    bool one_cause = true;
    std::vector<Waiting> waiting;  // by severity and index
    std::vector<Cause> causes;     // of a real loader: shown
    std::vector<NotShown> not_shown;
    std::size_t scripts = 0;  // that showed nothing
    bool settled = false;     // not verified: causes[0] is final
  };

  bool verifies() const { return engine_.run_script != nullptr; }
  Group& GroupOf(const Key& key);
  void Trim();  // keeps what one worker alone would have handed on
  // Counts repeats; what remains waits for a shrink, or marked for a look.
  void Sweep(Group& group);
  std::pair<Group*, std::size_t> Next();
  static void Repeat(Cause& cause, const Case& c);
  Cause* CauseOf(Group& group, const Signature& signature, bool exact);
  void Write(Finding& finding);
  // False: interrupted, or a look that saw nothing new.
  bool Shrink(Finding& finding, double seconds, const std::vector<Signature>& known);
  void Settle(Group& group, Finding finding);

  const Engine& engine_;
  const CampaignOptions& options_;
  std::map<Key, Group> groups_;
  std::map<std::uint64_t, std::string> harness_;
  std::vector<std::string> write_errors_;
  bool trimmed_ = false;
};

}  // namespace weightproof
