#include "harness/cli/bracket.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "harness/testee/loader_name.h"

namespace weightproof {
namespace {

// Numbers strictly between two, those nearest to the middle first.
std::vector<std::size_t> Between(std::size_t low, std::size_t high) {
  std::vector<std::size_t> all;
  for (std::size_t i = low + 1; i < high; ++i) all.push_back(i);
  const std::size_t middle = low + (high - low) / 2;
  std::ranges::sort(all, {}, [middle](std::size_t i) {
    return std::pair(i < middle ? middle - i : i - middle, i);
  });
  return all;
}

std::unexpected<Error> WrongVersions(std::string_view text, const std::string& why,
                                     const std::string& instead) {
  return Fail(ErrorKind::kBadConfig, "--versions " + std::string(text), why, instead);
}

constexpr const char* kHowToWrite =
    "write a range, as in 3.0.5..3.15.1, or a list, as in "
    "3.0.5,3.3.3,3.9.2";

}  // namespace

std::optional<Bracket> FindBracket(std::size_t count,
                                   const std::function<Judgement(std::size_t)>& ask) {
  std::map<std::size_t, Judgement> known;
  const auto judge = [&](std::size_t i) {
    const auto found = known.find(i);
    return found != known.end() ? found->second : known.emplace(i, ask(i)).first->second;
  };
  std::size_t low = 0;
  while (low < count && judge(low) == Judgement::kNone) ++low;
  if (low == count) return std::nullopt;
  std::size_t high = count - 1;
  while (high > low && judge(high) == Judgement::kNone) --high;
  const Judgement from = judge(low);
  const Judgement to = judge(high);
  while (from != to && high - low > 1) {
    const std::vector<std::size_t> between = Between(low, high);
    const auto told =
        std::ranges::find_if(between, [&](std::size_t i) { return judge(i) != Judgement::kNone; });
    if (told == between.end()) break;
    (judge(*told) == from ? low : high) = *told;
  }
  return Bracket{low, high, from, to};
}

std::vector<Bracket> AllBrackets(std::span<const Judgement> row) {
  std::vector<std::size_t> told;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] != Judgement::kNone) told.push_back(i);
  }
  std::vector<Bracket> changes;
  for (std::size_t i = 1; i < told.size(); ++i) {
    const std::size_t before = told[i - 1];
    const std::size_t after = told[i];
    if (row[before] != row[after]) changes.push_back({before, after, row[before], row[after]});
  }
  if (changes.empty() && !told.empty()) {
    changes.push_back({told.front(), told.back(), row[told.front()], row[told.front()]});
  }
  return changes;
}

Result<std::vector<std::string>> ParseVersions(std::string_view text,
                                               const std::vector<std::string>& known) {
  std::vector<std::string> versions;
  const std::size_t dots = text.find("..");
  if (dots != std::string_view::npos) {
    const std::vector<int> low = VersionNumbers(text.substr(0, dots));
    const std::vector<int> high = VersionNumbers(text.substr(dots + 2));
    if (low.size() != 3 || high.size() != 3) {
      return WrongVersions(text, "that is no range of versions", kHowToWrite);
    }
    std::ranges::copy_if(known, std::back_inserter(versions), [&](const std::string& version) {
      const std::vector<int> numbers = VersionNumbers(version);
      return low <= numbers && numbers <= high;
    });
    if (versions.size() < 2) {
      return WrongVersions(
          text, "the environments of " + std::to_string(versions.size()) + " of them are there",
          "run scripts/bisect, which makes what it needs, or scripts/venv for single versions");
    }
    return versions;
  }
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    versions.emplace_back(text.substr(0, comma));
    const std::vector<int> numbers = VersionNumbers(versions.back());
    if (numbers.size() != 3) {
      return WrongVersions(versions.back(), "that is no version", kHowToWrite);
    }
    if (versions.size() > 1 && VersionNumbers(versions[versions.size() - 2]) >= numbers) {
      return WrongVersions(versions.back(), "the list does not ascend", "put lower versions first");
    }
    if (comma == text.size()) break;
    text.remove_prefix(comma + 1);
  }
  if (versions.size() < 2) {
    return WrongVersions(versions[0], "one version has no bracket", kHowToWrite);
  }
  return versions;
}

}  // namespace weightproof
