#include "harness/testee/sharing.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "harness/testee/wire.h"

namespace weightproof {
namespace {

constexpr std::size_t kKeptMax = 16;
constexpr std::size_t kSavedBytesMax = std::size_t{4} << 20;

// A session that lasts for one request, or whose point is that something is done twice.
bool IsPlayedWhole(const SessionSpec& session) { return session.fresh || session.load_twice; }

// `path` inside the case's own folder; nothing when it is elsewhere or relative.
std::optional<std::string> Inside(const std::string& path, const std::string& directory) {
  if (directory.empty() || !path.starts_with(directory + "/")) return std::nullopt;
  return path.substr(directory.size());
}

// The bytes of a regular file of moderate size.
std::optional<std::string> BytesOf(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(std::filesystem::symlink_status(path, error))) {
    return std::nullopt;
  }
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error || size > kSavedBytesMax) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in || bytes.size() != size) return std::nullopt;
  return bytes;
}

// Where a save to `path` writes: there, or where a link that stays in the case's folder leads.
std::optional<std::filesystem::path> WhereItWrites(const std::filesystem::path& path,
                                                   const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const std::filesystem::path target =
      path.parent_path() / std::filesystem::read_symlink(path, error);
  if (error || std::filesystem::is_symlink(target, error) || !Inside(target, directory)) {
    return std::nullopt;
  }
  return target;
}

// What is at `path`, in a folder that is there: nothing, or a file; nullopt: else.
std::optional<std::string> FoundAt(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path.parent_path(), error)) return std::nullopt;
  const auto status = std::filesystem::symlink_status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return "";
  std::optional<std::string> bytes = BytesOf(path);
  if (bytes) bytes->insert(0, "file: ");
  return bytes;
}

void ReplaceAll(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

// What was said about a file in another case's folder.
Answer Moved(Answer answer, const std::string& from, const std::string& to) {
  ReplaceAll(answer.error_message, from, to);
  for (ReportLine& line : answer.reports) ReplaceAll(line.text, from, to);
  return answer;
}

}  // namespace

const SharingTestee::Kept* SharingTestee::Find(const std::deque<Kept>& kept,
                                               const std::string& request) {
  const auto found = std::ranges::find(kept, request, &Kept::request);
  return found == kept.end() ? nullptr : &*found;
}

void SharingTestee::Keep(std::deque<Kept>& kept, Kept one) {
  kept.push_front(std::move(one));
  if (kept.size() > kKeptMax) kept.pop_back();
}

SharingTestee::Snapshot SharingTestee::Look(const std::filesystem::path& folder) {
  Snapshot seen;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    seen.emplace(entry.path().filename(), BytesOf(entry.path()));
  }
  return seen;
}

std::optional<std::vector<SharingTestee::Change>> SharingTestee::Changes(const Snapshot& before,
                                                                         const Snapshot& after) {
  std::vector<Change> changes;
  std::size_t left = kSavedBytesMax;
  std::size_t still_there = 0;
  for (const auto& [name, bytes] : after) {
    const auto old = before.find(name);
    if (old != before.end()) {
      ++still_there;
      if (old->second == bytes) continue;
      if (!old->second) return std::nullopt;
    }
    if (!bytes || bytes->size() > left) return std::nullopt;
    left -= bytes->size();
    changes.push_back({name, old != before.end() ? old->second : std::nullopt, *bytes});
  }
  if (still_there != before.size()) return std::nullopt;
  return changes;
}

bool SharingTestee::Repeat(const std::filesystem::path& folder,
                           const std::vector<Change>& changes) {
  const auto is_as_before = [&](const Change& change) {
    const std::optional<std::string> found = FoundAt(folder / change.name);
    return found && *found == (change.before ? "file: " + *change.before : "");
  };
  if (!std::ranges::all_of(changes, is_as_before)) return false;
  return std::ranges::all_of(changes, [&](const Change& change) {
    std::ofstream out(folder / change.name, std::ios::binary);
    out << change.after;
    out.close();
    return out.good();
  });
}

Answer SharingTestee::Save(const SaveRequest& given) {
  if (!on_ || IsPlayedWhole(given.build.session)) return inner_->Save(given);
  SaveRequest request = given;
  request.build.reuse = true;
  request.inputs = nullptr;  // no clause asks what the writer's model predicts
  request.more_inputs = nullptr;
  const std::string& directory = given.build.directory;
  const std::optional<std::string> inside = Inside(given.path, directory);
  const std::optional<std::filesystem::path> target =
      inside ? WhereItWrites(given.path, directory) : std::nullopt;
  const std::optional<std::string> found = target ? FoundAt(*target) : std::nullopt;
  if (!found) return inner_->Save(request);
  const std::filesystem::path folder = target->parent_path();

  SaveRequest anywhere = request;
  anywhere.build.directory.clear();
  anywhere.path = *inside;
  std::string key = SaveLine(anywhere, 0) + *Inside(*target, directory) + "\n" + *found;
  if (const Kept* kept = Find(saves_, key)) {
    if (Repeat(folder, kept->changes)) return Moved(kept->answer, kept->directory, directory);
  }
  const Snapshot before = Look(folder);
  Answer answer = inner_->Save(request);
  const bool done = answer.outcome == Outcome::kOk;
  if (!done && answer.outcome != Outcome::kRefused && answer.outcome != Outcome::kUnsupported) {
    return answer;
  }
  std::optional<std::vector<Change>> changes = Changes(before, Look(folder));
  // Where the link itself was replaced, or all is elsewhere, the files here are not the save.
  const bool is_here = WhereItWrites(given.path, directory) == target;
  if (changes && is_here && done == !changes->empty()) {
    Keep(saves_, {std::move(key), directory, answer, *std::move(changes)});
  }
  return answer;
}

Answer SharingTestee::Load(const LoadRequest& given) {
  if (!on_ || IsPlayedWhole(given.build.session)) return inner_->Load(given);
  LoadRequest request = given;
  request.build.reuse = true;
  const std::string& directory = given.build.directory;
  const std::optional<std::string> inside = Inside(given.path, directory);
  const bool may_share = given.is_control && inside && given.resave_path.empty();
  const std::optional<std::string> found = may_share ? FoundAt(given.path) : std::nullopt;
  if (!found) return inner_->Load(request);
  LoadRequest anywhere = request;
  anywhere.build.directory.clear();
  anywhere.path = *inside;
  std::string key = LoadLine(anywhere, 0) + *found;
  if (const Kept* kept = Find(control_loads_, key)) {
    return Moved(kept->answer, kept->directory, directory);
  }
  Answer answer = inner_->Load(request);
  if (answer.outcome == Outcome::kOk) {
    Keep(control_loads_, {std::move(key), directory, answer, {}});
  }
  return answer;
}

// Earlier models, names and folders have no part in what directly assigned variables predict.
Answer SharingTestee::Assign(const AssignRequest& given) {
  if (!on_) return inner_->Assign(given);
  AssignRequest request = given;
  SessionSpec& session = request.build.session;
  session.fresh = session.load_twice = false;
  session.models_before = 0;
  session.working_directory.clear();
  session.umask = -1;
  request.build.before.clear();
  request.build.plan = nullptr;
  request.build.reuse = true;

  AssignRequest anywhere = request;
  anywhere.build.directory.clear();
  std::string key = AssignLine(anywhere, 0);
  if (const Kept* kept = Find(controls_, key)) return kept->answer;
  Answer answer = inner_->Assign(request);
  if (answer.outcome == Outcome::kOk) Keep(controls_, {std::move(key), "", answer, {}});
  return answer;
}

}  // namespace weightproof
