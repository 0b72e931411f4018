// Shows how a campaign gets on: a bar on a terminal, a line each ten seconds elsewhere.
#pragma once

#include "harness/campaign/campaign.h"

namespace weightproof {

class ProgressPrinter {
 public:
  ProgressPrinter();
  void Show(const Progress& progress);
  void End();  // wipes the bar

 private:
  bool terminal_;
  bool drawn_ = false;
  double shown_seconds_ = 0;
};

// "cases 1,234  610/s  findings 0  left 0:42": the words behind the bar.
std::string ProgressText(const Progress& progress);

}  // namespace weightproof
