// The falsified cases of a campaign: one of each clause and cause, or of each clause and documented
// sentence, shrunk, and for a real loader shown by a plain script before it counts.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "harness/campaign/campaign.h"
#include "harness/campaign/worker.h"

namespace weightproof {

// Falsified cases of one clause and cause that are kept, because the script of the first one need
// not show what the harness saw.
inline constexpr std::size_t kCandidatesMax = 4;

class Findings {
 public:
  using Say = std::function<void(const std::string& stage)>;

  Findings(const Engine& engine, const CampaignOptions& options)
      : engine_(engine), options_(options) {}

  // On disk when this returns. Of one clause and cause the lowest case indices are kept, so that
  // the number of workers changes nothing.
  void Take(WorkerLine line);

  // Shrinks and checks the most telling finding that waits for it; false: none does.
  bool SettleOne(double shrink_seconds, const Say& say);

  // Those that still wait go without shrinking or checking.
  void MoveTo(CampaignResult& result);

  std::size_t size() const;  // found; of a real loader, shown

 private:
  // Clause, cause and no sentence; or clause, no cause and the sentence that it breaks: however
  // many ways lead there, it is one bug.
  using Key = std::tuple<std::string, std::string, std::string>;
  static Key KeyOf(const std::string& clause, const Verdict& verdict);

  struct Entry {
    std::vector<Finding> candidates;  // by severity and index; the first one is next
    std::vector<Finding> failed;      // not shown by their scripts
    bool settled = false;             // candidates[0] is final
  };

  bool verifies() const { return engine_.run_script != nullptr; }
  Entry* Next();
  void Write(Finding& finding);
  bool Shrink(Finding& finding, double seconds);  // false: interrupted

  const Engine& engine_;
  const CampaignOptions& options_;
  std::map<Key, Entry> kept_;
  std::map<std::uint64_t, std::string> harness_;
  std::vector<std::string> write_errors_;
};

}  // namespace weightproof
