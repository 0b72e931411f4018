#include "harness/hostile/bait.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

namespace weightproof {
namespace {

namespace fs = std::filesystem;

// What it says when it is run, called, or made into an object: one empty file.
std::string ModuleText(const std::string& marker) {
  return "def bait(*a, **k):\n    open(\"" + marker +
         "\", \"w\").close()\n    return a[0] if a else None\n\n\n"
         "class Bait:\n    @classmethod\n    def from_config(cls, config):\n        bait()\n"
         "        return cls()\n\n\nbait()\n";
}

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::unexpected<Error> CannotPlant(const std::string& path) {
  return Fail(ErrorKind::kPathUnwritable, path, "the bait of this case cannot be written",
              "give the harness a folder it can write to");
}

}  // namespace

Result<Bait> PlantBait(const std::string& directory, const std::string& working_directory) {
  Bait bait;
  bait.folder = directory + "-bait";
  std::string digits = std::to_string(std::hash<std::string>()(directory) % 100'000'000);
  bait.module = std::string(kBaitModulePrefix) + std::string(8 - digits.size(), '0') + digits;
  bait.module_file = working_directory + "/" + bait.module + ".py";
  std::error_code error;
  fs::create_directories(bait.folder, error);
  fs::create_directories(working_directory, error);
  std::ofstream(bait.vocabulary()) << "alpha\nbeta\n";
  std::ofstream(bait.module_file) << ModuleText(bait.marker());
  if (!fs::exists(bait.vocabulary(), error) || !fs::exists(bait.module_file, error)) {
    return CannotPlant(bait.folder);
  }
  return bait;
}

void RemoveBait(const Bait& bait) {
  std::error_code error;
  fs::remove_all(bait.folder, error);
  fs::remove(bait.module_file, error);
}

BaitWatch::BaitWatch(const Bait& bait) : bait_(bait), before_(FilesIn(bait.folder)) {
  fd_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ < 0) return;
  const bool watched = inotify_add_watch(fd_, bait.folder.c_str(), IN_OPEN | IN_ACCESS) >= 0;
  module_watch_ = inotify_add_watch(fd_, bait.module_file.c_str(), IN_OPEN | IN_ACCESS);
  if (watched && module_watch_ >= 0) return;
  close(fd_);
  fd_ = -1;
}

BaitWatch::~BaitWatch() {
  if (fd_ >= 0) close(fd_);
}

BaitWatch::Seen BaitWatch::Look() {
  alignas(inotify_event) std::array<char, 16384> buffer;
  while (fd_ >= 0) {
    const ssize_t n = read(fd_, buffer.data(), buffer.size());
    if (n <= 0) break;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(n);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_ISDIR) != 0 || (event.mask & (IN_OPEN | IN_ACCESS)) == 0) continue;
      if (event.wd == module_watch_) {
        opened_.emplace_back("bait module");
      } else if (event.len != 0 && std::ranges::binary_search(before_, std::string(name))) {
        opened_.emplace_back(name);
      }
    }
  }
  std::ranges::sort(opened_);
  const auto again = std::ranges::unique(opened_);
  opened_.erase(again.begin(), again.end());
  Seen seen;
  seen.opened = opened_;
  for (const std::string& name : FilesIn(bait_.folder)) {
    if (name == "ran") {
      seen.ran = true;
    } else if (!std::ranges::binary_search(before_, name)) {
      seen.written.push_back(name);
    }
  }
  return seen;
}

}  // namespace weightproof
