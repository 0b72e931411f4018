#include "harness/testee/sharing.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "harness/testee/wire.h"

namespace weightproof {
namespace {

constexpr std::size_t kKeptMax = 8;
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

bool IsFree(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(path, error);
  return status.type() == std::filesystem::file_type::not_found;
}

// What a save to `path` finds there, in a folder that is there: nothing, or a file; nullopt: else.
std::optional<std::string> FoundAt(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path.parent_path(), error)) return std::nullopt;
  if (IsFree(path)) return "";
  std::optional<std::string> bytes = BytesOf(path);
  if (bytes) bytes->insert(0, "file: ");
  return bytes;
}

std::set<std::string> NamesIn(const std::filesystem::path& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    names.insert(entry.path().filename());
  }
  return names;
}

// nullopt for what is not a regular file of moderate size.
std::vector<std::optional<std::string>> BytesOfAll(const std::filesystem::path& folder,
                                                   const std::set<std::string>& names) {
  std::vector<std::optional<std::string>> all;
  for (const std::string& name : names) all.push_back(BytesOf(folder / name));
  return all;
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

std::optional<SharingTestee::SavedFiles> SharingTestee::NewFiles(
    const std::filesystem::path& folder, const std::set<std::string>& names) {
  SavedFiles files;
  std::uintmax_t left = kSavedBytesMax;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    if (names.contains(name)) continue;
    std::optional<std::string> bytes = BytesOf(entry.path());
    if (!bytes || bytes->size() > left) return std::nullopt;
    left -= bytes->size();
    files.emplace_back(name, *std::move(bytes));
  }
  if (error || files.empty()) return std::nullopt;
  return files;
}

bool SharingTestee::PutInto(const std::filesystem::path& path, const SavedFiles& files) {
  const std::filesystem::path folder = path.parent_path();
  const auto may_be_put = [&](const auto& file) {
    return folder / file.first == path || IsFree(folder / file.first);
  };
  if (!std::ranges::all_of(files, may_be_put)) return false;
  return std::ranges::all_of(files, [&](const auto& file) {
    std::ofstream out(folder / file.first, std::ios::binary);
    out << file.second;
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
  const std::optional<std::string> found = FoundAt(given.path);
  if (!inside || !found) return inner_->Save(request);
  const std::filesystem::path path = given.path;

  SaveRequest anywhere = request;
  anywhere.build.directory.clear();
  anywhere.path = *inside;
  std::string key = SaveLine(anywhere, 0) + *found;
  if (const Kept* kept = Find(saves_, key)) {
    if (PutInto(path, kept->files)) return Moved(kept->answer, kept->directory, directory);
  }
  std::set<std::string> names = NamesIn(path.parent_path());
  names.erase(path.filename());
  const std::vector<std::optional<std::string>> others = BytesOfAll(path.parent_path(), names);
  Answer answer = inner_->Save(request);
  if (answer.outcome != Outcome::kOk) return answer;
  // Shards that were there and are others now would have to be handed on over others again.
  if (BytesOfAll(path.parent_path(), names) != others) return answer;
  if (std::optional<SavedFiles> files = NewFiles(path.parent_path(), names)) {
    Keep(saves_, {std::move(key), directory, answer, *std::move(files)});
  }
  return answer;
}

Answer SharingTestee::Load(const LoadRequest& given) {
  if (!on_ || IsPlayedWhole(given.build.session)) return inner_->Load(given);
  LoadRequest request = given;
  request.build.reuse = true;
  return inner_->Load(request);
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
