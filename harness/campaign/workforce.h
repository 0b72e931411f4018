// The workers of a campaign as their parent sees them: started, listened to, replaced when they
// die.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "harness/campaign/campaign.h"
#include "harness/campaign/worker.h"

namespace weightproof {

class Workforce {
 public:
  Workforce(const Engine& engine, const CampaignOptions& options, SharedState& shared,
            std::string scratch);

  // Returns when every worker is through, or soon after an interrupt. A worker that dies or hangs
  // in a case costs that case: it is handed to `on_line` as a falsified one, and a successor goes
  // on behind it.
  void Run(const std::function<void(WorkerLine)>& on_line, const std::function<void()>& on_tick);

  const std::vector<std::string>& errors() const { return errors_; }

 private:
  struct Worker {
    pid_t pid = -1;
    int fd = -1;
    std::string buffer;
    bool hung = false;
    int deaths_outside = 0;  // without a case to blame
  };

  std::string Folder(int w) const;
  bool Start(int w);
  void Read(int w, const std::function<void(WorkerLine)>& on_line);
  void Reap(int w, const std::function<void(WorkerLine)>& on_line);
  void KillHung();
  void Lost(int w, const Verdict& verdict, const std::function<void(WorkerLine)>& on_line);
  std::string StderrTail(int w) const;

  const Engine& engine_;
  const CampaignOptions& options_;
  SharedState& shared_;
  std::string scratch_;
  double deadline_ = 0;
  std::vector<Worker> workers_;
  std::vector<std::string> errors_;
};

}  // namespace weightproof
