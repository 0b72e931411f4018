// What a campaign says at its end: for a person, for a program, for a CI server.
#pragma once

#include <string>

#include "harness/campaign/campaign.h"

namespace weightproof {

std::string TextReport(const CampaignResult& result);

// One finding: what the loader is held to, what happened, the file, how to run it again (`testees`:
// as TesteeArguments gives them).
std::string FindingText(const Finding& finding, const std::string& testees,
                        const std::string& program);

// `json_path` is where the text will stand: `findings[].case` is relative to its folder.
std::string JsonReport(const CampaignResult& result, const std::string& json_path);

std::string JUnitReport(const CampaignResult& result);

std::string Thousands(std::uint64_t n);  // With blanks for line ends.
std::string OneLine(std::string text);
// "1,234,567"
std::string RateText(double rate);  // "612", "1.7"

}  // namespace weightproof
