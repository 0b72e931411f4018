// The parts of a case as JSON values, for whoever writes or reads more than whole cases: the
// worker protocol, reports. The form is CASE.md's; every From function refuses unknown keys, wrong
// kinds and counts over the limits below with BadJson and a JSON pointer as the place.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/case/case.h"

namespace weightproof {

// Limits on what is read. Over any of them: LimitExceeded.
inline constexpr int kJsonDepthMax = 32;
inline constexpr std::size_t kJsonValuesMax = 200'000;
inline constexpr std::size_t kCaseLayersMax = 512;
inline constexpr std::size_t kCaseStepsMax = 512;  // of one build
inline constexpr std::size_t kCaseDamageMax = 256;
inline constexpr std::size_t kCaseTextBytesMax = 70'000;  // one name, path or config text
inline constexpr int kCaseBatchMax = 1024;
inline constexpr int kModelsBeforeMax = 64;
inline constexpr int kThreadsMax = 64;

// JSON text to a value: never throws; duplicate keys, bad UTF-8, numbers out of range, depth and
// size over the limits are errors.
Result<nlohmann::json> ParseJson(std::string_view text, const std::string& place,
                                 std::size_t bytes_max = kCaseJsonBytesMax);
// Sorted keys; indent < 0 gives one line. Text that is not UTF-8 has U+FFFD in place of bad bytes.
std::string DumpJson(const nlohmann::json& value, int indent = -1);

nlohmann::json ArchitectureToJson(const ArchitectureSpec& architecture);
nlohmann::json LayerToJson(const LayerSpec& layer);
nlohmann::json BuildToJson(const Build& build);
nlohmann::json SessionToJson(const SessionSpec& session);
nlohmann::json RouteToJson(const Route& route);
nlohmann::json DamageToJson(const std::vector<Damage>& damage);

// `place` names the document; a JSON pointer into it is appended: "case:/writer/build/0/op".
Result<ArchitectureSpec> ArchitectureFromJson(const nlohmann::json& value,
                                              const std::string& place = "architecture");
Result<LayerSpec> LayerFromJson(const nlohmann::json& value, const std::string& place = "layer");
Result<Build> BuildFromJson(const nlohmann::json& value, const std::string& place = "build");
Result<SessionSpec> SessionFromJson(const nlohmann::json& value,
                                    const std::string& place = "session");
Result<Route> RouteFromJson(const nlohmann::json& value, const std::string& place = "route");
Result<std::vector<Damage>> DamageFromJson(const nlohmann::json& value,
                                           const std::string& place = "damage");

// The words of CASE.md.
std::string_view ProfileName(Profile profile);
std::string_view PathSetupName(PathSetup setup);
std::string_view RouteFormatName(RouteFormat format);
std::string_view DamageOpName(DamageOp op);
// The words that `how` of a hostile damage can be; empty where it has none.
std::span<const std::string_view> HostileWords(DamageOp op);
std::string_view StepOpName(StepOp op);
std::string_view AssembleHowName(AssembleHow how);
std::string_view NestHowName(NestHow how);
std::string_view KeepHowName(KeepHow how);
std::string_view InputHowName(InputHow input);
std::string_view RebuildHowName(RebuildHow how);

}  // namespace weightproof
